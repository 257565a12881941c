import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { LeashedProcess } from './leashed-process.ts';

test('stopping ends the process and says how it ended', async () => {
  const sleeper = new LeashedProcess({ command: 'sleep', args: ['60'], stdio: 'ignore' });
  await sleeper.stop();
  assert.equal(await sleeper.ended, 'signal SIGTERM');
});

test('a process that ends by itself says so', async () => {
  const shell = new LeashedProcess({ command: '/bin/sh', args: ['-c', 'exit 3'], stdio: 'ignore' });
  assert.equal(await shell.ended, 'exit code 3');
  await shell.stop();
});

test('a command that does not exist is an ending like others', async () => {
  const missing = new LeashedProcess({ command: '/no/such/command', args: [], stdio: 'ignore' });
  assert.match(await missing.ended, /ENOENT/);
  await missing.stop();
});

test('the process ends when its parent is killed without a chance to clean up', async () => {
  const program = `
    import { LeashedProcess } from ${JSON.stringify(join(import.meta.dirname, 'leashed-process.ts'))};
    const leashed = new LeashedProcess({ command: 'sleep', args: ['60'], stdio: ['ignore', 'inherit', 'ignore'] });
    console.log(leashed.child.pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(parent.stdout);
  const [pid] = await once(lines, 'line');
  assert.doesNotThrow(() => process.kill(Number(pid), 0));
  parent.kill('SIGKILL');
  // The child holds the other end of this pipe: it closes when both are gone.
  await once(lines, 'close');
});
