import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { FakeTerminal } from '../fakes/fake-terminal.js';

test('mount shows a store as a directory, with its options', async () => {
  const t = new FakeTerminal();
  const line = 'fs mount --readonly --shared --option a.b=c=d --option aws.secretKey=hush /logs s3://bucket/logs';
  assert.equal(await t.run(line), 0);
  assert.equal(t.stdout.text, 'Mounted s3://bucket/logs at /logs\n');
  const point = t.fileSystem.mountPoints.get('/logs')!;
  assert.deepEqual([point.readOnly, point.shared], [true, true]);
  assert.deepEqual(point.properties, { 'a.b': 'c=d', 'aws.secretKey': 'hush' });
});

test('mount without arguments lists the stores, never a secret', async () => {
  const t = new FakeTerminal();
  await t.run('fs mount --readonly --option aws.secretKey=hush /logs s3://bucket/logs');
  await t.run('fs mount /here file:///x');
  t.stdout.text = '';
  assert.equal(await t.run('fs mount'), 0);
  assert.deepEqual(t.stdout.lines, [
    'file:///x         on  /here  (local, capacity=20.00GB, used=-1B, not read-only, not shared, properties={})',
    's3://bucket/logs  on  /logs  (local, capacity=20.00GB, used=-1B, read-only, not shared, properties={aws.secretKey=******})',
  ]);
  t.stdout.text = '';
  assert.equal(await t.run('fs mount --json'), 0);
  const [, logs] = JSON.parse(t.stdout.text) as { properties: unknown; mountId: unknown }[];
  assert.deepEqual(logs!.properties, { 'aws.secretKey': '******' });
  assert.equal(typeof logs!.mountId, 'string');
});

test('mount wants both or neither', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs mount /logs'), 2);
  assert.equal(await t.run('fs mount --option novalue /logs s3://b'), 2);
  assert.equal(t.fileSystem.mountPoints.size, 0);
});

test('a refused mount is told without the steps that a master lists', async () => {
  const t = new FakeTerminal();
  t.fileSystem.mount = () =>
    Promise.reject(fail('unknown', 'mount command: alluxio fs mount /x\nAcquired mount ID\nUfs path s3://b does not exist'));
  assert.equal(await t.run('fs mount /x s3://b'), 1);
  assert.equal(t.stderr.text, 'alluvium fs mount: Ufs path s3://b does not exist\n');
});

test('unmount takes a store away', async () => {
  const t = new FakeTerminal();
  await t.run('fs mount /logs s3://bucket/logs');
  assert.equal(await t.run('fs unmount /logs'), 0);
  assert.equal(t.stdout.lines.at(-1), 'Unmounted /logs');
  assert.equal(await t.run('fs unmount /logs'), 1);
  assert.match(t.stderr.text, /^alluvium fs unmount: Failed to unmount \/logs/);
});

test('updateMount replaces all options', async () => {
  const t = new FakeTerminal();
  await t.run('fs mount --readonly --option a=1 /logs s3://bucket/logs');
  assert.equal(await t.run('fs updateMount --shared --option b=2 /logs'), 0);
  assert.equal(t.stdout.lines.at(-1), 'Updated mount point options at /logs');
  const { readOnly, shared, properties } = t.fileSystem.mountPoints.get('/logs')!;
  assert.deepEqual([readOnly, shared, properties], [false, true, { b: '2' }]);
  assert.equal(await t.run('fs updateMount /elsewhere'), 1);
});

test('a store that is being maintained says so', async () => {
  const t = new FakeTerminal();
  await t.run('fs mount /here file:///x');
  t.fileSystem.mountPoints.set('/here', { ...t.fileSystem.mountPoints.get('/here')!, ufsMode: 'READ_ONLY' });
  t.stdout.text = '';
  await t.run('fs mount');
  assert.match(t.stdout.text, /, properties=\{\}, mode=READ_ONLY\)$/m);
});
