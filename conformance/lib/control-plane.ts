import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Daemon } from './daemon.ts';
import { eventually } from './eventually.ts';
import { controlPlaneProgram } from './requirements.ts';
import { freePorts, makeScratch, type Scratch } from './scratch.ts';

export interface ControlPlaneOptions {
  /**
   * Run the controllers too: Deployments make pods, Services with pods make EndpointSlices, deleted namespaces empty.
   * Without them pods need no ServiceAccount.
   */
  readonly controllers?: boolean;
  /** Further users, by name: the groups they are in. RBAC decides what they may do. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
  /** The address that pods in other network namespaces reach the API server by. It then listens on all addresses. */
  readonly advertiseAddress?: string;
}

/** The node that exists when controllers run: pods whose `nodeName` it is get endpoints once their status is patched. */
export const nodeName = 'node-1';

export interface KubeAnswer {
  readonly status: number;
  readonly body: unknown;
}

const enabledControllers = [
  ...['deployment-controller', 'replicaset-controller', 'statefulset-controller', 'endpointslice-controller'],
  ...['namespace-controller', 'serviceaccount-controller', 'root-ca-certificate-publisher-controller'],
  'garbage-collector-controller',
];

/** A real etcd and kube-apiserver, and the controllers on demand, as processes of this machine. */
export class ControlPlane implements AsyncDisposable {
  /** `https://127.0.0.1:<port>`, the same after a restart. */
  readonly url: string;
  readonly #scratch: Scratch;
  readonly #ports: Ports;
  readonly #options: ControlPlaneOptions;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #agent = new Agent({ keepAlive: true });
  #etcd: Daemon | undefined;
  #apiServer: Daemon | undefined;
  #controllers: Daemon | undefined;

  private constructor(scratch: Scratch, ports: Ports, options: ControlPlaneOptions) {
    this.#scratch = scratch;
    this.#ports = ports;
    this.#options = options;
    this.url = `https://127.0.0.1:${ports.apiServer}`;
    const groups = { admin: ['system:masters'], [controllerUser]: [], ...options.users };
    this.#tokens = new Map(Object.keys(groups).map((user) => [user, randomBytes(16).toString('hex')]));
    const rows = Object.entries(groups).map(([user, of]) => `${this.#token(user)},${user},${user},"${of.join(',')}"`);
    writeFileSync(this.#file('tokens.csv'), `${rows.join('\n')}\n`, { mode: 0o600 });
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pkcs8 = keys.privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(this.#file('service-accounts.key'), pkcs8, { mode: 0o600 });
    writeFileSync(this.#file('service-accounts.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  }

  /** An empty cluster, ready to be asked. */
  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const scratch = makeScratch('control-plane');
    const ports = await freePorts('etcd', 'etcdPeer', 'apiServer', 'controllers');
    const plane = new ControlPlane(scratch, ports, options);
    try {
      await plane.#startEtcd();
      await plane.startApiServer();
      if (options.controllers === true) await plane.#startControllers();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  /** PEM: what the API server's certificate is verified with. */
  get certificateAuthority(): string {
    return readFileSync(this.#file('apiserver.crt'), 'utf8');
  }

  /** The path of a kubeconfig for a user; `admin` may do everything. */
  kubeconfigFile(user = 'admin'): string {
    const file = this.#file(`kubeconfig-${user.replaceAll(':', '-')}.json`);
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority': this.#file('apiserver.crt') } }],
      users: [{ name: user, user: { token: this.#token(user) } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user } }],
      'current-context': 'test',
    };
    writeFileSync(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
    return file;
  }

  kubeConfig(user = 'admin'): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(this.kubeconfigFile(user));
    return config;
  }

  /** One request to the API server. Any status is an answer; `body` is parsed JSON, or the text when it is not JSON. */
  request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<KubeAnswer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token(options.user ?? 'admin')}` };
    if (payload !== undefined) headers['content-type'] = options.contentType ?? 'application/json';
    return new Promise((resolve, reject) => {
      const tls = { agent: this.#agent, ca: this.certificateAuthority };
      const call = request(`${this.url}${path}`, { method, headers, timeout: 30_000, ...tls }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: parseBody(Buffer.concat(chunks).toString()) }),
        );
      });
      call.on('timeout', () => call.destroy(new Error(`${method} ${path} took more than 30 s`)));
      call.on('error', reject);
      call.end(payload);
    });
  }

  /** Starts the API server on the data it had. Resolves when it is ready. */
  async startApiServer(): Promise<void> {
    if (this.#apiServer !== undefined) return;
    const { advertiseAddress } = this.#options;
    const args = {
      'etcd-servers': `http://127.0.0.1:${this.#ports.etcd}`,
      'bind-address': advertiseAddress === undefined ? '127.0.0.1' : '0.0.0.0',
      'advertise-address': advertiseAddress ?? '127.0.0.1',
      'secure-port': this.#ports.apiServer,
      // It makes its own certificate here, once.
      'cert-dir': this.#scratch.folder,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-account-key-file': this.#file('service-accounts.pub'),
      'service-account-signing-key-file': this.#file('service-accounts.key'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'token-auth-file': this.#file('tokens.csv'),
      'authorization-mode': 'RBAC',
      'endpoint-reconciler-type': 'none',
      'allow-privileged': true,
      'shutdown-delay-duration': '0s',
      // Without controllers nothing makes the ServiceAccount `default` that this plugin wants of every pod.
      ...(this.#options.controllers === true ? {} : { 'disable-admission-plugins': 'ServiceAccount' }),
    };
    this.#apiServer = await this.#start('kube-apiserver', args);
    await this.#until('the API server to be ready', this.#apiServer, async () => {
      return (await this.request('GET', '/readyz')).status === 200;
    });
  }

  /** Ends the API server, gracefully (which takes seconds) or not; its data stay in etcd. */
  async stopApiServer(how: 'stop' | 'kill'): Promise<void> {
    await this.#apiServer?.[how]();
    this.#apiServer = undefined;
  }

  /** Crashes the API server and starts it again on the same port and data. Watches break; nothing is lost. */
  async restart(): Promise<void> {
    await this.stopApiServer('kill');
    await this.startApiServer();
  }

  /**
   * Makes etcd forget every version before the present one, so that a watch that wants to go on from an older one is
   * told 410 Gone.
   */
  async compact(): Promise<void> {
    const { revision } = await this.#etcdCall<{ header: { revision: string } }>('kv/range', { key: 'AA==' }).then(
      ({ header }) => header,
    );
    await this.#etcdCall('kv/compaction', { revision, physical: true });
  }

  /** Ends everything and removes the data. */
  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.#controllers?.kill();
    await this.stopApiServer('kill');
    await this.#etcd?.kill();
    this.#scratch[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startEtcd(): Promise<void> {
    const client = `http://127.0.0.1:${this.#ports.etcd}`;
    const peer = `http://127.0.0.1:${this.#ports.etcdPeer}`;
    this.#etcd = await this.#start('etcd', {
      'data-dir': this.#file('etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `default=${peer}`,
      'unsafe-no-fsync': true,
    });
    await this.#until('etcd to be healthy', this.#etcd, async () => (await fetch(`${client}/health`)).ok);
  }

  async #startControllers(): Promise<void> {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } };
    await this.#until('a node', this.#apiServer, async () => {
      return (await this.request('POST', '/api/v1/nodes', node)).status === 201;
    });
    const kubeconfig = this.kubeconfigFile(controllerUser);
    this.#controllers = await this.#start('kube-controller-manager', {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authentication-skip-lookup': true,
      'authorization-kubeconfig': kubeconfig,
      'use-service-account-credentials': true,
      'leader-elect': false,
      controllers: enabledControllers.join(','),
      'root-ca-file': this.#file('apiserver.crt'),
      'service-account-private-key-file': this.#file('service-accounts.key'),
      'bind-address': '127.0.0.1',
      'secure-port': this.#ports.controllers,
      'cert-dir': this.#file('controllers'),
    });
    await this.#until('the controllers to work', this.#controllers, async () => {
      return (await this.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
    });
  }

  #start(program: 'etcd' | 'kube-apiserver' | 'kube-controller-manager', flags: Flags): Promise<Daemon> {
    return Daemon.start({
      program: controlPlaneProgram(program),
      args: Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      logFile: this.#file(`${program}.log`),
    });
  }

  #until(what: string, daemon: Daemon | undefined, ask: () => Promise<boolean>): Promise<boolean> {
    const giveUp = () => (daemon?.end === undefined ? undefined : `it ${daemon.obituary()}`);
    return eventually(what, ask, { within: 60_000, giveUp });
  }

  async #etcdCall<T>(method: string, body: unknown): Promise<T> {
    const url = `http://127.0.0.1:${this.#ports.etcd}/v3/${method}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd answered ${method} with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  #token(user: string): string {
    const token = this.#tokens.get(user);
    if (token === undefined) throw new Error(`there is no user ${user}; name it in the options`);
    return token;
  }

  #file(name: string): string {
    return join(this.#scratch.folder, name);
  }
}

export interface RequestOptions {
  readonly user?: string;
  /** For patches, e.g. `application/merge-patch+json` or `application/apply-patch+yaml`. */
  readonly contentType?: string;
}

interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly controllers: number;
}

type Flags = Readonly<Record<string, string | number | boolean>>;

const controllerUser = 'system:kube-controller-manager';

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
