/**
 * Every setting there is: its flag, what it means, what it may be and what it is by default. Commands take the groups
 * they need; a flag counts before its environment variable, and that before the default.
 */
import { z } from 'zod';
import { parseAddress } from './lib/address.ts';
import { err, ok, type Result } from './lib/result.ts';

export interface Setting<T = unknown> {
  /** As commander reads it: `--xds-address <host:port>`, or `--kubernetes` for a switch. */
  readonly flag: string;
  readonly description: string;
  /** Parses what a flag or variable says; `undefined` when neither is given. */
  readonly schema: z.ZodType<T>;
  /** What help says of the default. */
  readonly defaultText?: string;
  /** What it may be, where that is a short list. */
  readonly choices?: readonly string[];
}

/** By the name that commander gives the flag: camel case without the dashes. */
export type Settings = Readonly<Record<string, Setting>>;

export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: z.output<S[K]['schema']> };

const text = (flag: string, description: string, schema: z.ZodString, byDefault: string): Setting<string> => ({
  flag,
  description,
  schema: schema.default(byDefault),
  defaultText: byDefault,
});

const optionalText = (flag: string, description: string): Setting<string | undefined> => ({
  flag,
  description,
  schema: z.string().min(1, 'is empty').optional(),
});

const choice = <const C extends string>(
  flag: string,
  description: string,
  choices: readonly [C, ...C[]],
  byDefault: C,
): Setting<C> => ({
  flag,
  description,
  schema: z.enum(choices, `must be one of ${choices.join(', ')}`).default(byDefault as never) as z.ZodType<C>,
  defaultText: byDefault,
  choices,
});

const boolean = (flag: string, description: string): Setting<boolean> => ({
  flag,
  description,
  schema: z
    .union([z.boolean(), z.stringbool({ error: 'must be true or false' })], 'must be true or false')
    .default(false),
});

const address = (flag: string, description: string, byDefault: string) => ({
  flag,
  description,
  schema: z
    .string()
    .default(byDefault)
    .transform((value, context) => {
      const parsed = parseAddress(value);
      if (parsed.ok) return parsed.value;
      context.issues.push({ code: 'custom', message: parsed.error, input: value });
      return z.NEVER;
    }),
  defaultText: byDefault,
});

const dnsName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'must be a DNS name, such as cluster.local',
  );

export const sourceSettings = {
  directory: optionalText(
    '--directory <dir>',
    'read objects from the YAML files below a directory, and follow changes',
  ),
  kubernetes: boolean('--kubernetes', 'read objects from a Kubernetes API server, and follow changes'),
  kubeconfig: optionalText('--kubeconfig <file>', 'how to reach the API server (default: as kubectl finds it)'),
  context: optionalText('--context <name>', 'which context of the kubeconfig (default: its current one)'),
} satisfies Settings;

export const meshSettings = {
  trustDomain: text('--trust-domain <name>', 'of every identity: spiffe://<name>/ns/…/sa/…', dnsName, 'cluster.local'),
  clusterDomain: text('--cluster-domain <name>', 'below which Services have DNS names', dnsName, 'cluster.local'),
  mode: choice(
    '--mode <mode>',
    'what becomes of what no TrafficTarget allows: refused; let through and counted; or let through',
    ['enforce', 'audit', 'permissive'],
    'enforce',
  ),
  defaultSidecar: choice(
    '--default-sidecar <kind>',
    'the sidecar of pods that are not annotated with smi-envoy.io/sidecar',
    ['none', 'transparent', 'explicit'],
    'none',
  ),
  crossNamespaceTargets: boolean(
    '--cross-namespace-targets',
    'let a TrafficTarget give access to pods of other namespaces than its own',
  ),
  scope: choice(
    '--scope <scope>',
    'which services a sidecar is told of: those its identity may call, or all',
    ['policy', 'all'],
    'policy',
  ),
  outboundTraffic: choice(
    '--outbound-traffic <rule>',
    'what becomes of intercepted traffic to what is not in the mesh',
    ['passthrough', 'block'],
    'passthrough',
  ),
} satisfies Settings;

export const adminSettings = {
  adminAddress: address('--admin-address <host:port>', 'health, metrics and debug pages', '127.0.0.1:15080'),
} satisfies Settings;

export const serverSettings = {
  xdsAddress: address('--xds-address <host:port>', 'where Envoys connect', '127.0.0.1:18000'),
  ...adminSettings,
  stateDir: {
    ...optionalText('--state-dir <dir>', 'keeps the root certificate between runs'),
    defaultText: '$XDG_STATE_HOME/smi-envoy or ~/.local/state/smi-envoy',
  },
  rootCertificate: optionalText('--root-certificate <file>', 'PEM of a root to sign with, instead of one of our own'),
  rootKey: optionalText('--root-key <file>', 'PEM (PKCS #8) of its private key, ECDSA P-256'),
  logLevel: choice(
    '--log-level <level>',
    'how much is logged',
    ['info', 'trace', 'debug', 'warn', 'error', 'silent'],
    'info',
  ),
  logFormat: choice(
    '--log-format <format>',
    'auto is pretty on a terminal, json elsewhere',
    ['auto', 'json', 'pretty'],
    'auto',
  ),
} satisfies Settings;

/** `--xds-address` of `--xds-address <host:port>`. */
export const flagName = ({ flag }: Setting): string => flag.split(' ', 1)[0] ?? flag;

/** `SMI_ENVOY_XDS_ADDRESS` of `--xds-address`. */
export const variableOf = (setting: Setting): string =>
  `SMI_ENVOY_${flagName(setting).slice(2).replaceAll('-', '_').toUpperCase()}`;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings' values, or one sentence for each that cannot be used, naming where it was given. */
export function readSettings<S extends Settings>(
  settings: S,
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
): Result<ValuesOf<S>, readonly string[]> {
  const values: Record<string, unknown> = {};
  const errors: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const variable = variableOf(setting);
    const [given, where] =
      flags[name] === undefined ? [environment[variable] || undefined, variable] : [flags[name], flagName(setting)];
    const parsed = setting.schema.safeParse(given);
    if (parsed.success) values[name] = parsed.data;
    else errors.push(`${where} ${parsed.error.issues[0]?.message ?? 'cannot be used'}: ${JSON.stringify(given)}`);
  }
  return errors.length === 0 ? ok(values as ValuesOf<S>) : err(errors);
}
