/**
 * Pods as network namespaces of this machine: each with addresses of its own, on one bridge, and cut off from every
 * other network. Needs root.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Another user than any application: what it sends is not intercepted. */
export const sidecarUser = 1337;

export interface PodNamespace {
  /** Of the network namespace. */
  readonly name: string;
  /** IPv4, then IPv6. */
  readonly addresses: readonly [string, string];
  /** The command line that runs a program in it, by default as root. */
  inside(program: string, args: readonly string[], user?: number): readonly [string, readonly string[]];
  /** What kube-proxy does, with a single endpoint: what leaves the pod for a virtual address goes there. */
  forward(virtual: SocketAddress, endpoint: SocketAddress): Promise<void>;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Networks at a time on this machine. */
const limit = 256;

/**
 * A bridge with pods on it. The bridge is in a namespace of its own, so that neither its traffic nor its rules have
 * anything to do with those of the machine, to which one address leads: `host`.
 *
 * Removing the namespaces removes all there is. That is done by a shell beside us when our end of a pipe closes, which
 * the kernel sees to even when we are killed.
 */
export class PodNetwork implements AsyncDisposable {
  /** This machine's address, for what pods must reach. */
  readonly host: string;
  readonly #name: string;
  readonly #number: number;
  readonly #keeper: ChildProcess;
  #pods = 0;

  private constructor(number: number) {
    this.#number = number;
    this.#name = nameOf(number);
    this.host = this.#ipv4(1);
    this.#keeper = startKeeper();
    this.#keep(this.#name);
  }

  /** Takes the first number that nobody has: the kernel makes no two namespaces of one name. */
  static async open(): Promise<PodNetwork> {
    for (let number = 0; number < limit; number++) {
      if (!(await isNew(nameOf(number)))) continue;
      const network = new PodNetwork(number);
      try {
        await network.#makeBridge();
        return network;
      } catch (error) {
        await network[Symbol.asyncDispose]();
        throw error;
      }
    }
    throw new Error(`there are ${limit} networks of pods already; \`ip netns list\` shows those that were left behind`);
  }

  /** `intercepted`: what the pod's applications send and get over TCP goes through its sidecar. */
  async addPod({ intercepted }: { readonly intercepted: boolean }): Promise<PodNamespace> {
    const number = ++this.#pods;
    const name = `${this.#name}-${number}`;
    const addresses = [this.#ipv4(number + firstPod), this.#ipv6(number + firstPod)] as const;
    if (!(await isNew(name))) throw new Error(`there is a network namespace ${name} already`);
    this.#keep(name);
    await sh(`
      ip -netns ${this.#name} link add pod${number} type veth peer name eth0 netns ${name}
      ip -netns ${this.#name} link set pod${number} master bridge up
      ip -netns ${name} -batch - <<END
        link set lo up
        link set eth0 up
        address add ${addresses[0]}/24 dev eth0
        address add ${addresses[1]}/64 dev eth0 nodad
        route add default via ${this.#ipv4(nowhere)}
        route add default via ${this.#ipv6(nowhere)}
      END
      ${intercepted ? `ip netns exec ${name} sh -e <<END\n${interception}\nEND` : ''}
    `);
    return {
      name,
      addresses,
      inside: (program, args, user = 0) => {
        const ids = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
        return ['ip', ['netns', 'exec', name, 'setpriv', ...ids, '--', program, ...args]];
      },
      async forward(virtual, endpoint) {
        const leaving = intercepted ? `-m owner --uid-owner ${sidecarUser}` : '';
        await sh(`
          ip netns exec ${name} iptables -t nat -I OUTPUT -p tcp ${leaving} -d ${virtual.address} --dport ${virtual.port} \\
            -j DNAT --to-destination ${endpoint.address}:${endpoint.port}
        `);
      },
    };
  }

  /** Ends every process in the pods, and removes them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper.stdin?.end();
    if (this.#keeper.exitCode === null) await once(this.#keeper, 'exit');
  }

  async #makeBridge(): Promise<void> {
    await sh(`
      ip link add ${this.#name} type veth peer name host netns ${this.#name}
      ip address add ${this.host}/24 dev ${this.#name}
      ip link set ${this.#name} up
      ip -netns ${this.#name} -batch - <<END
        link add bridge type bridge
        address add ${this.#ipv4(nowhere)}/24 dev bridge
        address add ${this.#ipv6(nowhere)}/64 dev bridge nodad
        link set host master bridge
        link set host up
        link set bridge up
      END
    `);
  }

  #keep(name: string): void {
    this.#keeper.stdin?.write(`${name}\n`);
  }

  #ipv4(host: number): string {
    return `10.199.${this.#number}.${host}`;
  }

  #ipv6(host: number): string {
    return `fd00:736d:69:${this.#number.toString(16)}::${host.toString(16)}`;
  }
}

/** The router of every pod, which forwards nothing: clients of virtual addresses need a route, and get no further. */
const nowhere = 2;
const firstPod = 9;

const nameOf = (number: number): string => `smi-pods-${number}`;

/** Makes a namespace; false when there is one of that name. */
async function isNew(name: string): Promise<boolean> {
  try {
    await promisify(execFile)('ip', ['netns', 'add', name]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('File exists')) return false;
    throw error;
  }
}

async function sh(script: string): Promise<void> {
  // Here documents end at the beginning of a line.
  const flush = script.replaceAll(/^ +/gm, '');
  const running = promisify(execFile)('sh', ['-e', '-c', flush], { timeout: 20_000 });
  await running;
}

/** Is told names of namespaces, line by line, and removes them, with whatever runs there, when there are no more lines. */
function startKeeper(): ChildProcess {
  const script = `
    while read -r name; do names="$name $names"; done
    for name in $names; do
      for pid in $(ip netns pids "$name"); do kill -KILL "$pid"; done
      # A namespace's own links go some time after it; the one to us has its name, and must be gone with it.
      ip link delete "$name" 2>/dev/null
      ip netns delete "$name"
    done`;
  // In a group of its own: Ctrl-C is for us.
  return spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
}

/**
 * Hands TCP to the sidecar, as an injector will have to: what arrives to port 15006, what applications send to port
 * 15001. What the sidecar itself sends goes out as it is; to its own pod it arrives like from anywhere, except on the
 * last step to its application, for which it takes a source address of its own. What applications say to their own pod
 * by its own address is not the mesh's.
 */
const interception = [
  { restore: 'iptables-restore', toApplication: '127.0.0.6', loopback: '127.0.0.0/8' },
  { restore: 'ip6tables-restore', toApplication: '::6', loopback: '::1' },
]
  .map(
    ({ restore, toApplication, loopback }) => `${restore} <<RULES
*nat
-A PREROUTING -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT -p tcp -o lo -s ${toApplication} -j RETURN
-A OUTPUT -p tcp -o lo ! -d ${loopback} -m owner --uid-owner ${sidecarUser} -j REDIRECT --to-ports 15006
-A OUTPUT -p tcp -o lo -j RETURN
-A OUTPUT -p tcp -m owner --uid-owner ${sidecarUser} -j RETURN
-A OUTPUT -p tcp -d ${loopback} -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
RULES`,
  )
  .concat('ip address add ::6/128 dev lo')
  .join('\n');
