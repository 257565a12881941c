/**
 * A program of its own, started by `credentials.ts`: reads the kubeconfig and prints credentials as JSON, or, on stderr,
 * one line that says why there are none.
 */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Credentials, KubeConfigOptions } from './credentials.ts';

async function credentialsOf({ kubeconfig, context }: KubeConfigOptions): Promise<Credentials> {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`the kubeconfig has no context ${JSON.stringify(config.getCurrentContext())}`);
  // What the library assumes when it finds nothing at all.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error('no kubeconfig found, and this is not a pod of a cluster');
  }
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const basic = typeof options.auth === 'string' ? Buffer.from(options.auth).toString('base64') : undefined;
  return {
    server: cluster.server,
    headers: {
      ...(options.headers as Record<string, string> | undefined),
      ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` }),
    },
    ...text('ca', options.ca),
    ...text('cert', options.cert),
    ...text('key', options.key),
    ...(typeof options.servername === 'string' ? { servername: options.servername } : {}),
    ...(typeof options.rejectUnauthorized === 'boolean' ? { rejectUnauthorized: options.rejectUnauthorized } : {}),
    ...(cluster.proxyUrl === undefined ? {} : { proxyUrl: cluster.proxyUrl }),
  };
}

const text = (name: 'ca' | 'cert' | 'key', value: unknown): Partial<Credentials> =>
  value === undefined || value === null ? {} : { [name]: String(value) };

try {
  process.stdout.write(JSON.stringify(await credentialsOf(JSON.parse(process.argv[2] ?? '{}') as KubeConfigOptions)));
} catch (error) {
  process.stderr.write(`${(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ')}\n`);
  process.exitCode = 1;
}
