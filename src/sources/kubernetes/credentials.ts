import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Where the API server is and how we prove to it who we are, as far as `node:https` needs to know. */
export interface Credentials {
  /** URL without a trailing slash. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  /** HTTP(S) proxy on the way to the server. */
  readonly proxyUrl?: string;
}

/** Gives the credentials of now; asked again when the server no longer accepts those it gave before. */
export type CredentialsProvider = () => Promise<Credentials>;

export interface KubeConfigOptions {
  /** Path of a kubeconfig file. Without it: `KUBECONFIG`, `~/.kube/config`, then the pod's own service account. */
  readonly kubeconfig?: string | undefined;
  /** Name of a context in it, instead of its current one. */
  readonly context?: string | undefined;
}

/** Exec plugins may open a browser and wait for a person. */
const longestLogin = 120_000;

/**
 * Credentials by the rules of `@kubernetes/client-node`'s KubeConfig: files, in-cluster, exec plugins, OIDC, cloud
 * providers. It runs in a short-lived process of its own, because loading that library costs its process 80 MB for good
 * (docs/decisions/), and credentials are needed once and then whenever they expire. Rejects with the library's words.
 */
export function kubeConfigCredentials(options: KubeConfigOptions = {}): CredentialsProvider {
  const program = fileURLToPath(new URL(`./credentials-program${extname(import.meta.url)}`, import.meta.url));
  return async () => {
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(options)], {
        timeout: longestLogin,
        maxBuffer: 16 * 1024 * 1024,
      });
      return JSON.parse(stdout) as Credentials;
    } catch (error) {
      const told = (error as { readonly stderr?: string }).stderr?.trim().split('\n').at(-1);
      throw new Error(told === undefined || told === '' ? 'the login program ended without credentials' : told);
    }
  };
}
