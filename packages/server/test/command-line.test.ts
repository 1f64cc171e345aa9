import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Program } from './support/program.js';

function serving(t: TestContext): Program {
  const program = new Program(t);
  const started = program.start(program.store);
  assert.equal(started.code, 0, started.err);
  return program;
}

function filesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length), readFileSync(path, 'base64')];
    }),
  );
}

test('a tree goes into the cluster, through it and out again as it was', (t) => {
  const program = serving(t);
  const source = program.path('source');
  for (const [name, size] of Object.entries({ 'a.bin': 1_500_000, 'deep/er/é ü.txt': 5, 'deep/empty': 0, 'st*r': 9 })) {
    mkdirSync(join(source, name, '..'), { recursive: true });
    writeFileSync(join(source, name), Buffer.alloc(size, name));
  }
  for (const command of [
    ['copyFromLocal', source, '/in'],
    ['cp', '-R', '/in', '/through'],
    ['copyToLocal', '/through', program.path('out')],
  ]) {
    const { code, err } = program.fs(...command);
    assert.equal(code, 0, err);
  }
  assert.deepEqual(filesBelow(program.path('out')), filesBelow(source));
  assert.equal(program.fs('cat', '/in/st\\*r').out, 'st*rst*rs');
  const { out } = program.fs('count', '--json', '/in', '/through');
  assert.deepEqual(
    (JSON.parse(out) as { files: number; lengthBytes: number }[]).map(({ files, lengthBytes }) => [files, lengthBytes]),
    [
      [4, 1_500_014],
      [4, 1_500_014],
    ],
  );
});

test('Ctrl-C removes what is half written, and exits with 130', async (t) => {
  const program = serving(t);
  const { master } = program.state();
  const child = program.spawn(['--master', master, 'fs', 'copyFromLocal', '-', '/half']);
  const closed = once(child, 'close');
  child.stdin.write('the beginning');
  while (program.fs('test', '-e', '/half').code !== 0) assert.equal(child.exitCode, null);
  child.kill('SIGINT');
  assert.deepEqual(await closed, [130, null]);
  assert.equal(program.fs('test', '-e', '/half').code, 3);
});

test('a reader that closes the pipe is no error', async (t) => {
  const program = serving(t);
  writeFileSync(join(program.store, 'large'), Buffer.alloc(8_000_000, 'x'));
  const child = program.spawn(['--master', program.state().master, 'fs', 'cat', '/large']);
  const closed = once(child, 'close');
  let err = '';
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  assert.deepEqual(await closed, [0, null]);
  assert.equal(err, '');
});
