const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);

/** The family of an address in its canonical text; what is not an IPv4 address is taken for IPv6. */
export const familyOf = (address: string): 'IPv4' | 'IPv6' => (address.includes(':') ? 'IPv6' : 'IPv4');

/** Whether the text is an IP address. (`node:net` is out of reach for a pure room.) */
export function isIP(text: string): boolean {
  if (!text.includes(':')) return ipv4.test(text);
  try {
    return new URL(`http://[${text}]`).hostname !== '';
  } catch {
    return false;
  }
}
