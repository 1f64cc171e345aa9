import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { homeHolder, lockHome } from '@alluvium/platform';

let root: string;
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'alluvium-home-'));
});
after(() => fs.rmSync(root, { recursive: true, force: true }));

const lockFile = (home: string): string => join(home, 'alluvium.pid');

test('a home has one process at a time', () => {
  const home = join(root, 'one/deep');
  const lock = lockHome(home);
  assert.equal(homeHolder(home)?.pid, process.pid);
  assert.throws(() => lockHome(home), { kind: 'failedPrecondition', message: new RegExp(`process ${process.pid} is using it`) });
  lock.release();
  assert.equal(homeHolder(home), undefined);
  lockHome(home).release();
  assert.deepEqual(fs.readdirSync(home), [], 'nothing is left behind');
});

test('the lock of a process that was killed does not count', async () => {
  const home = join(root, 'killed');
  const platform = import.meta.resolve('@alluvium/platform');
  const code = `import { lockHome } from ${JSON.stringify(platform)}; lockHome(${JSON.stringify(home)}); console.log('held'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  assert.throws(() => lockHome(home), new RegExp(`process ${child.pid} is using it`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(homeHolder(home), undefined);
  lockHome(home).release();
});

test('a later process with the same number does not count', { skip: !fs.existsSync('/proc/self/stat') }, () => {
  const home = join(root, 'reused');
  fs.mkdirSync(home);
  fs.writeFileSync(lockFile(home), JSON.stringify({ pid: process.pid, started: 'another boot 1' }));
  lockHome(home).release();
});

test('a lock file that cannot be read as one does not count', () => {
  const home = join(root, 'torn');
  fs.mkdirSync(home);
  for (const text of ['', '{"pid":', '{"pid":"x"}', '{}']) {
    fs.writeFileSync(lockFile(home), text);
    lockHome(home).release();
  }
});

test('release leaves the lock of somebody else', () => {
  const home = join(root, 'others');
  const lock = lockHome(home);
  const other = JSON.stringify({ pid: process.ppid, started: '' });
  fs.writeFileSync(lockFile(home), other);
  lock.release();
  assert.equal(fs.readFileSync(lockFile(home), 'utf8'), other);
});

test('a home that cannot be made says so', () => {
  fs.writeFileSync(join(root, 'file'), '');
  assert.throws(() => lockHome(join(root, 'file/home')), { kind: 'failedPrecondition' });
});
