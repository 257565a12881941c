/** Regular expressions that users write: whether a data plane will take them, and whether they match. */
import { RE2JS } from 're2js';
import { err, ok, type Result } from '../lib/result.ts';

/**
 * Longer programs are refused. A bound for how large RE2 itself can make any of ours follows from it: 128 byte ranges
 * for each instruction, so data planes that limit RE2's program size must allow at least 128,000 instructions.
 */
export const maxRegexProgramSize = 1000;

/** Compiling costs time in proportion; nothing near it fits the program size anyway. */
const maxRegexLength = 4096;

/**
 * Makes a pattern safe to put in a configuration: valid RE2, with the same meaning when wrapped in a group. The error
 * is why not, as the end of a sentence.
 *
 * Data planes run RE2 on bytes, so the pattern is checked byte for byte: `é` is two characters to it, and no
 * character is above `\xff`.
 */
export function checkRegex(pattern: string): Result<string, string> {
  if (pattern.length > maxRegexLength) return err(`it is longer than ${maxRegexLength} characters`);
  const foreign = foreignEscape(pattern);
  if (foreign !== undefined) return err(`${foreign} is not in RE2`);
  const alone = compile(pattern);
  if (!alone.ok) return alone;
  if (alone.value.programSize() > maxRegexProgramSize) return err('it is too large; use fewer or smaller repetitions');
  if (compile(`(?:${pattern})`).ok) return ok(pattern);
  // A quotation that is open at its end would swallow whatever is put behind it.
  const closed = `${pattern}\\E`;
  return compile(`(?:${closed})`).ok ? ok(closed) : err('it is not complete in itself');
}

/** Whether the text begins with a match (rule R36, for paths). The pattern has passed `checkRegex`. */
export const regexMatchesStart = (pattern: string, text: string): boolean =>
  compiled(pattern).matcher(bytes(text)).lookingAt();

/** Whether all of the text matches (rule R36, for header values). The pattern has passed `checkRegex`. */
export const regexMatchesAll = (pattern: string, text: string): boolean => compiled(pattern).testExact(bytes(text));

function compile(pattern: string): Result<RE2JS, string> {
  try {
    return ok(RE2JS.compile(bytes(pattern)));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replace('error parsing regexp: ', '') : String(thrown);
    return err(reason);
  }
}

function compiled(pattern: string): RE2JS {
  const result = compile(pattern);
  if (!result.ok) throw new Error(`not a checked regular expression: ${pattern}: ${result.error}`);
  return result.value;
}

/** One character for each byte of the UTF-8. */
const bytes = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

/** Classes that RE2 has in all its versions; re2js knows more. */
const characterClass =
  /^(Any|[CLMNPSZ]|C[cfos]|L[lmotu]|M[cen]|N[dlo]|P[cdefios]|S[ckmo]|Z[lps]|Latin|Common|Greek|Cyrillic|Hebrew|Arabic|Thai|Han|Hangul|Hiragana|Katakana)$/;

function foreignEscape(pattern: string): string | undefined {
  for (const [text, inBraces, single, hex, octal] of pattern.matchAll(
    /\\(?:[pP](?:\{\^?(\w*)\}|(\w))|x\{([0-9A-Fa-f]+)\}|([0-7]{3})|.)/gs,
  )) {
    const name = inBraces ?? single;
    if (name !== undefined && !characterClass.test(name)) return text;
    if (hex !== undefined && Number.parseInt(hex, 16) > 0xff) return text;
    if (octal !== undefined && Number.parseInt(octal, 8) > 0xff) return text;
  }
  return undefined;
}
