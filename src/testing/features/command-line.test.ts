/** The program as people and scripts run it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { parse } from 'yaml';
import { run as runCommandLine } from '../../cli/program.ts';
import type { Output } from '../../cli/terminal.ts';

const main = join(import.meta.dirname, '../../main.ts');
const testdata = join(import.meta.dirname, 'testdata');
const version = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')).version as string;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the real program to its end, where the test data is. */
const spawnProgram = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: testdata, env: environment }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });

/** The same in this process, which takes a hundredth of the time. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const written = { out: '', err: '' };
  const output = (name: keyof typeof written): Output => ({
    write: (text) => {
      written[name] += text;
    },
    stream: new PassThrough(),
    color: false,
    interactive: false,
  });
  const terminal = { out: output('out'), err: output('err'), environment, ending: AbortSignal.abort() };
  const code = await runCommandLine(args, terminal);
  return { code, ...written };
}

const shop = join(testdata, 'shop');

test('help tells of every command and every exit code', async () => {
  const { code, out } = await run([]);
  assert.equal(code, 0);
  const commands = [...out.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name);
  assert.deepEqual(
    ['serve', 'bootstrap', 'translate', 'explain', 'proxies', 'completion', 'version'].filter(
      (name) => !commands.includes(name),
    ),
    [],
  );
  assert.match(out, /Exit codes: 0 .* 1 .* 2 .* 3 /s);
});

test('version says which version this is', async () => {
  const { code, out } = await spawnProgram(['version', '--output', 'json']);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), { smiEnvoy: version, node: process.versions.node });
});

test('what is wrong with a command line is said, with what to do', async (t) => {
  const cases: Readonly<Record<string, readonly [readonly string[], number, RegExp]>> = {
    'a misspelt command': [['translat', 'shop'], 2, /unknown command 'translat'\n\(Did you mean translate\?\)/],
    'a flag that there is not': [['serve', '--fast'], 2, /unknown option '--fast'/],
    'a flag without its value': [['translate', shop, '-p'], 2, /argument missing/],
    'a setting that cannot be': [
      ['translate', shop, '--mode', 'strict'],
      2,
      /--mode must be one of enforce, audit, permissive: "strict"/,
    ],
    'nothing to serve': [['serve'], 2, /nothing to read.*\nGive --directory <dir> for YAML files, or --kubernetes/],
    'two things to serve': [['serve', '--directory', 'shop', '--kubernetes'], 2, /are alternatives/],
    'a directory that there is not': [['translate', 'nowhere'], 3, /there is no nowhere/],
    'a pod that there is not': [
      ['translate', shop, '-p', 'shop/x'],
      3,
      /There are shop\/client, shop\/web-v1-0, shop\/web-v2-0\./,
    ],
    'a server that there is not': [
      ['proxies', '--admin-address', '127.0.0.1:9'],
      3,
      /nobody answers at 127\.0\.0\.1:9/,
    ],
  };
  await Promise.all(
    Object.entries(cases).map(([name, [args, code, message]]) =>
      t.test(name, async () => {
        const ended = await run(args);
        assert.match(ended.err, message);
        assert.deepEqual([ended.code, ended.out], [code, '']);
      }),
    ),
  );
});

test('a setting that cannot be is said by the name of its variable, if that is where it was given', async () => {
  const { code, err } = await run(['translate', shop], { SMI_ENVOY_SCOPE: 'some' });
  assert.equal(code, 2);
  assert.match(err, /^error: SMI_ENVOY_SCOPE must be one of policy, all: "some"\n/);
});

test('translate prints what each sidecar would be given', async () => {
  const { code, out, err } = await spawnProgram(['translate', 'shop', '--output', 'json']);
  assert.match(err, /^warning: TrafficSplit shop\/canary: .* \(BackendNotAuthorized\)\n0 errors, 1 warning\n$/);
  assert.equal(code, 0);
  const { proxies, diagnostics } = JSON.parse(out);
  assert.deepEqual(Object.keys(proxies), ['shop/client', 'shop/web-v1-0', 'shop/web-v2-0']);
  const routes = proxies['shop/client'].route;
  const web = routes.find(({ name }: { name: string }) => name === 'shop/web/80');
  assert.deepEqual(web.origins, ['Service/shop/web', 'split.smi-spec.io/TrafficSplit/shop/canary']);
  assert.deepEqual(
    diagnostics.map(({ reason }: { reason: string }) => reason),
    ['BackendNotAuthorized'],
  );
});

test('translate exits with 1 when there are errors, and names file and line', async () => {
  const { code, out, err } = await spawnProgram(['translate', 'broken']);
  assert.equal(code, 1);
  assert.match(err, /^error: broken\/split\.yaml:11: TrafficSplit shop\/canary: spec\.backends\[0\]\.weight: /m);
  assert.deepEqual(parse(out).proxies, {});
});

test('explain says where a request goes and which objects say so', async () => {
  const { code, out } = await run([
    'explain',
    '-d',
    shop,
    ...'--from shop/client --to shop/web --path /books/1'.split(' '),
  ]);
  assert.equal(
    out,
    [
      'shop/client → shop/web:80 (GET /books/1)',
      '  routed by TrafficSplit shop/canary',
      '     75%  shop/web-v1:80  allowed by TrafficTarget shop/web (“read” of HTTPRouteGroup shop/web)  at web-v1-0',
      '     25%  shop/web-v2:80  refused: no TrafficTarget opens this port to anybody  at web-v2-0',
      '',
    ].join('\n'),
  );
  assert.equal(code, 1);
});

test('explain exits with 0 when all of it is let in', async () => {
  const { code, out } = await run([
    'explain',
    '-d',
    shop,
    ...'--from shop/client --to shop/web-v1:80 --path /books -o yaml'.split(' '),
  ]);
  assert.equal(code, 0);
  assert.equal(parse(out)[0].destinations[0].verdicts[0].verdict.allowed, true);
});

test('explain says what a request that is refused would need', async () => {
  const { code, out } = await run([
    'explain',
    '-d',
    shop,
    ...'--from shop/client --to shop/web-v1 --method post --path /buy'.split(' '),
  ]);
  assert.equal(code, 1);
  assert.match(out, /refused: the caller may do other things, but not this/);
  assert.match(
    out,
    /TrafficTarget shop\/web: “read” of HTTPRouteGroup shop\/web wants a path that begins with \/books and method GET/,
  );
});

test('bootstrap prints what makes an Envoy the sidecar of a pod', async () => {
  const { code, out } = await run(['bootstrap', 'shop/client', '-d', shop, '--xds-address', '[::1]:18001']);
  assert.equal(code, 0);
  const { node, static_resources: resources, admin } = parse(out);
  assert.deepEqual(node, {
    id: 'shop/client',
    cluster: 'shop/client',
    metadata: { 'smi-envoy.io': { sidecar: 'explicit' } },
  });
  const [{ endpoint }] = resources.clusters[0].load_assignment.endpoints[0].lb_endpoints;
  assert.deepEqual(endpoint.address.socket_address, { address: '::1', port_value: 18001 });
  assert.equal(admin.address.socket_address.address, '127.0.0.1');
});

test('bootstrap without a directory believes its flags', async () => {
  const { out } = await run(['bootstrap', 'shop/x', '--sidecar', 'explicit', '--service-account', 'y', '-o', 'json']);
  const { node } = JSON.parse(out);
  assert.deepEqual([node.cluster, node.metadata['smi-envoy.io'].sidecar], ['shop/y', 'explicit']);
});

test('bash completes commands, flags and values by the script it is given', async (t) => {
  const { out } = await run(['completion', 'bash']);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['smi-envoy ex', ['explain']],
    ['smi-envoy serve --xds', ['--xds-address']],
    ['smi-envoy serve --mode ', ['enforce', 'audit', 'permissive']],
    ['smi-envoy completion z', ['zsh']],
    ['smi-envoy translate --output ', ['yaml', 'json']],
  ];
  const ask = cases.map(([line]) => {
    const words = line.split(' ');
    return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _smi_envoy; echo "\${COMPREPLY[*]}"`;
  });
  const bash = spawn('bash', ['--norc', '-c', `${out}\n${ask.join('\n')}`]);
  t.after(() => bash.kill());
  let said = '';
  bash.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(bash, 'close');
  assert.equal(code, 0);
  assert.deepEqual(
    said.trimEnd().split('\n'),
    cases.map(([, replies]) => replies.join(' ')),
  );
});

test('completions for zsh and fish tell of every command', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { code, out } = await run(['completion', shell]);
    assert.equal(code, 0);
    for (const command of ['serve', 'bootstrap', 'translate', 'explain', 'proxies']) assert.ok(out.includes(command));
  }
});

test('serve serves until it is asked to end, and can be asked meanwhile', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'smi-envoy-state-'));
  t.after(() => rmSync(state, { recursive: true }));
  const args = ['serve', '--directory', 'shop', '--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];
  const serving = spawn(process.execPath, [main, ...args], { cwd: testdata, env: { SMI_ENVOY_STATE_DIR: state } });
  t.after(() => serving.kill('SIGKILL'));
  const closed = once(serving, 'close');
  const log: { msg: string; admin?: string }[] = [];
  const { promise: read, resolve } = Promise.withResolvers<void>();
  createInterface(serving.stderr).on('line', (line) => {
    const entry = JSON.parse(line);
    log.push(entry);
    if (entry.msg === 'everything was read') resolve();
  });
  await Promise.race([read, closed]);
  const admin = new URL(log.find(({ admin }) => admin !== undefined)?.admin ?? '').host;

  const proxies = await run(['proxies', '--admin-address', admin]);
  assert.deepEqual(proxies, { code: 0, out: 'No Envoy is connected.\n', err: '' });
  const explained = await run('explain --from shop/client --to shop/web-v1 --path /books'.split(' '), {
    SMI_ENVOY_ADMIN_ADDRESS: admin,
  });
  assert.equal(explained.code, 0);
  assert.match(explained.out, /allowed by TrafficTarget shop\/web/);
  const taken = await run([...args.slice(0, 5), '--admin-address', admin, '--state-dir', state]);
  assert.equal(taken.code, 3);
  assert.match(taken.err, /cannot listen: .*EADDRINUSE.*\nIs another smi-envoy running\?/s);

  serving.kill('SIGTERM');
  const [code] = await closed;
  assert.equal(code, 0);
  assert.equal(log.at(-1)?.msg, 'stopped');
});
