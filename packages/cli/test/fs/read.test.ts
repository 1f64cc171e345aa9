import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeTerminal } from '../fakes/fake-terminal.js';

test('cat prints files one after the other, bytes as they are', async () => {
  const t = new FakeTerminal();
  const bytes = new Uint8Array([0, 255, 27, 10, 128]);
  t.fileSystem.file('/a', bytes).file('/b', 'second');
  t.stdout.isTTY = true;
  assert.equal(await t.run('fs cat /a /b'), 0);
  assert.deepEqual(Buffer.concat(t.stdout.chunks as Uint8Array[]), Buffer.concat([bytes, Buffer.from('second')]));
  assert.ok(t.fileSystem.calls.includes('close /a'), 'what is opened is closed');
});

test('cat of a directory and of nothing are errors', async () => {
  const t = new FakeTerminal();
  t.fileSystem.directory('/d');
  assert.equal(await t.run('fs cat /d'), 1);
  assert.equal(await t.run('fs cat /missing'), 1);
  assert.deepEqual(t.stderr.lines, ['alluvium fs cat: Path "/d" must be a file.', 'alluvium fs cat: /missing: does not exist']);
});

test('head and tail print a part, a kilobyte unless told', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/f', '0123456789').file('/k', 'x'.repeat(3000));
  const output = async (line: string): Promise<string> => {
    t.stdout.text = '';
    assert.equal(await t.run(line), 0);
    return t.stdout.text;
  };
  assert.equal(await output('fs head -c 3 /f'), '012');
  assert.equal(await output('fs tail -c 3 /f'), '789');
  assert.equal(await output('fs tail --bytes 100 /f'), '0123456789');
  assert.equal((await output('fs head /k')).length, 1024);
  assert.equal((await output('fs head -c 2KB /k')).length, 2048);
  assert.equal((await output('fs tail /k')).length, 1024);
  assert.equal(await t.run('fs head -c many /f'), 2);
  assert.equal(await t.run('fs head -c -1 /f'), 2);
});
