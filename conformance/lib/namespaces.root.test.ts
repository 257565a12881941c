import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from './eventually.ts';
import { PodNetwork } from './namespaces.ts';
import { PodProgram } from './pod-program.ts';
import { needs } from './requirements.ts';

const namespaces = () =>
  execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');

test('pods reach each other and this machine, by addresses of their own', needs('root'), async () => {
  await using network = await PodNetwork.open();
  const [server, caller] = [await network.addPod({ intercepted: false }), await network.addPod({ intercepted: false })];
  await using serving = await PodProgram.start(server, 'server');
  await using calling = await PodProgram.start(caller, 'caller');
  await serving.do('serveHttp', { pod: 'server', port: 80 });
  const [ipv4, ipv6] = server.addresses;
  for (const host of [ipv4, `[${ipv6}]`]) {
    const [answer] = await calling.do('callHttp', { url: `http://${host}/` });
    assert.equal(answer?.said['pod'], 'server');
  }
  const [refused] = await calling.do('callTcp', { host: network.host, port: 1 });
  assert.equal(refused?.end, 'refused');
});

test(
  'networks at the same time are different ones, and nothing is left of those that ended',
  needs('root'),
  async () => {
    const [one, two] = [await PodNetwork.open(), await PodNetwork.open()];
    const pods = [await one.addPod({ intercepted: true }), await two.addPod({ intercepted: true })];
    const names = pods.map(({ name }) => name);
    assert.equal(new Set([...names, ...pods.flatMap(({ addresses }) => addresses)]).size, 6);
    assert.deepEqual(
      names.filter((name) => namespaces().includes(name)),
      names,
    );
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
    assert.deepEqual(
      names.filter((name) => namespaces().includes(name)),
      [],
    );
  },
);

test('a test that is killed leaves neither pods nor what ran in them', needs('root'), async () => {
  const script = `
    import { PodNetwork } from ${JSON.stringify(join(import.meta.dirname, 'namespaces.ts'))};
    import { PodProgram } from ${JSON.stringify(join(import.meta.dirname, 'pod-program.ts'))};
    const network = await PodNetwork.open();
    const pod = await network.addPod({ intercepted: true });
    await PodProgram.start(pod, 'left behind');
    process.stdout.write(pod.name);
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(child.stdout, 'data');
  const name = String(output);
  const running = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).trim().split('\n');
  assert.equal(running.length, 1);
  child.kill('SIGKILL');
  await eventually('everything to be gone', () => !namespaces().includes(name) && !isAlive(Number(running[0])));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
