import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedOption } from '@alluvium/platform';
import { FakeTerminal } from './fakes/fake-terminal.js';

test('report tells master, capacity and workers', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('report'), 0);
  const text = t.stdout.text.replace(/\d\d-\d\d-\d{4} \d\d:\d\d:\d\d:\d{3}/g, '<TIME>');
  assert.deepEqual(text.split('\n'), [
    'Alluvium cluster summary:',
    '    Master Address: m1:19998',
    '    Started: <TIME>',
    '    Uptime: 1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)',
    '    Version: 2.9.4',
    '    Cluster Id: c0ffee',
    '    Live Workers: 1',
    '    Lost Workers: 0',
    '    Total Capacity: 10.00GB',
    '    Used Capacity: 5120.00MB (50%)',
    '    Free Capacity: 5120.00MB',
    '',
    'Worker    State       Capacity  Used             Started',
    'w1:29999  In Service  10.00GB   5120.00MB (50%)  <TIME>',
    '',
  ]);
});

test('report --json has the workers with exact ids', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('report --json'), 0);
  const { capacityBytes, workers } = JSON.parse(t.stdout.text) as { capacityBytes: number; workers: { workerId: string }[] };
  assert.equal(capacityBytes, 10 * 1024 ** 3);
  assert.equal(workers[0]!.workerId, '9007199254740993');
});

test('report says when there is no worker', async () => {
  const t = new FakeTerminal();
  t.fileSystem.workers = async () => [];
  assert.equal(await t.run('report'), 0);
  assert.match(t.stdout.text, /No worker: files can be listed, not read or written\./);
});

const OPTIONS: readonly ListedOption[] = [
  { name: 'alluxio.master.rpc.port', value: '19998', source: 'default', detail: undefined },
  { name: 'alluxio.worker.ramdisk.size', value: '2GB', source: 'site file', detail: '/h/conf/alluxio-site.properties:3' },
  { name: 'alluxio.worker.rpc.port', value: undefined, source: 'default', detail: undefined },
];

test('conf shows each property with its value and source', async () => {
  const t = new FakeTerminal();
  t.options = OPTIONS;
  assert.equal(await t.run('conf'), 0);
  assert.deepEqual(t.stdout.lines, [
    'alluxio.master.rpc.port      19998      default',
    'alluxio.worker.ramdisk.size  2GB        site file, /h/conf/alluxio-site.properties:3',
    'alluxio.worker.rpc.port      (not set)  default',
  ]);
  assert.equal(t.connections.length, 0, 'no cluster is asked');
});

test('conf shows those that begin with a name, and those that were changed', async () => {
  const t = new FakeTerminal();
  t.options = OPTIONS;
  assert.equal(await t.run('conf alluxio.worker --json'), 0);
  assert.deepEqual(
    (JSON.parse(t.stdout.text) as { name: string }[]).map(({ name }) => name),
    ['alluxio.worker.ramdisk.size', 'alluxio.worker.rpc.port'],
  );
  t.stdout.text = '';
  assert.equal(await t.run('conf --changed'), 0);
  assert.match(t.stdout.text, /^alluxio.worker.ramdisk.size .*\n$/);
  assert.equal(await t.run('conf alluxio.nope'), 1);
  assert.match(t.stderr.text, /no property has that name/);
});

test('conf --cluster asks the master', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('conf --cluster'), 0);
  assert.deepEqual(t.stdout.lines, ['alluxio.master.hostname  m1     SITE_PROPERTY', 'alluxio.master.rpc.port  19998  DEFAULT']);
  t.stdout.text = '';
  assert.equal(await t.run('conf --cluster --changed'), 0);
  assert.equal(t.stdout.lines.length, 1);
});
