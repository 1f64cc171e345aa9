import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { FakeTerminal } from './fakes/fake-terminal.js';

const untimed = (text: string): string => text.replace(/\d\d-\d\d-\d{4} \d\d:\d\d:\d\d:\d{3}/g, '<TIME>');

test('report summary has the lines of Alluxio s', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin report'), 0);
  assert.deepEqual(untimed(t.stdout.text).split('\n'), [
    'Alluxio cluster summary:',
    '    Master Address: m1:19998',
    '    Web Port: 19999',
    '    Rpc Port: 19998',
    '    Started: <TIME>',
    '    Uptime: 1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)',
    '    Version: 2.9.4',
    '    Safe Mode: false',
    '    Zookeeper Enabled: false',
    '    Raft-based Journal: false',
    '    Master Address                   State    Version',
    '    m1:19998                         PRIMARY  2.9.4',
    '    m2:19998                         STANDBY  2.9.4',
    '    Live Workers: 1',
    '    Lost Workers: 1',
    '    Total Capacity: 10.00GB',
    '        Tier: MEM  Size: 10.00GB',
    '    Used Capacity: 1024.00MB',
    '        Tier: MEM  Size: 1024.00MB',
    '    Free Capacity: 9.00GB',
    '',
  ]);
});

test('report capacity shows each worker, chosen as in Alluxio s shell', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin report capacity -live'), 0);
  assert.deepEqual(t.stdout.text.split('\n'), [
    'Capacity information for live workers:',
    '    Total vCPUs: 4',
    '    Total Capacity: 10.00GB',
    '        Tier: MEM  Size: 10.00GB',
    '    Used Capacity: 1024.00MB',
    '        Tier: MEM  Size: 1024.00MB',
    '    Used Percentage: 10%',
    '    Free Percentage: 90%',
    '',
    'Worker Name      State           Last Heartbeat   Storage       MEM              Version          Revision',
    'w1               ACTIVE          3                capacity      10.00GB          2.9.4            abc',
    '                                                  used          1024.00MB (10%)',
    '',
  ]);
  const hosts = async (line: string): Promise<string[]> => {
    t.stdout.text = '';
    assert.equal(await t.run(`fsadmin report capacity ${line} --json`), 0);
    return (JSON.parse(t.stdout.text) as { host: string }[]).map(({ host }) => host);
  };
  assert.deepEqual(await hosts('--lost'), ['w2']);
  assert.deepEqual(await hosts('-decommissioned'), ['w3']);
  assert.deepEqual(await hosts('-workers w1,w3'), ['w1', 'w3']);
  assert.deepEqual(await hosts(''), ['w1', 'w2', 'w3']);
  t.fileSystem.admin.all = [];
  assert.equal(await t.run('fsadmin report capacity'), 0);
  assert.match(t.stdout.text, /No workers found\.\n$/);
});

test('report refuses what cannot be reported, and options that do not belong', async () => {
  const t = new FakeTerminal();
  for (const line of ['report bogus', 'report ufs --live', 'report capacity --live --lost'])
    assert.equal(await t.run(`fsadmin ${line}`), 2, line);
});

test('report metrics shows sizes and rates, report ufs what is mounted, report proxy who serves', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.counters = new Map<string, number | string>([
    ['Cluster.BytesReadRemote', 6000],
    ['Cluster.BytesReadRemoteThroughput', 3000],
    ['Cluster.BytesReadPerUfs.UFS:s3://b', 1],
    ['Cluster.Workers', 2],
  ]);
  assert.equal(await t.run('fsadmin report metrics'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Cluster.BytesReadRemote  5.86KB',
    'Cluster.BytesReadRemoteThroughput  3000B/min',
    'Cluster.BytesReadPerUfs.UFS:s3://b  1B',
    'Cluster.Workers  2',
  ]);
  t.stdout.text = '';
  await t.fileSystem.mount('/m', 's3://b');
  assert.equal(await t.run('fsadmin report ufs'), 0);
  assert.equal(t.stdout.lines[0], 'Alluxio under storage system information:');
  assert.match(t.stdout.lines[1]!, /^s3:\/\/b {2}on {2}\/m {2}\(local, /);
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin report proxy'), 0);
  assert.deepEqual(t.stdout.lines, ['0 Proxy instances in the cluster, 0 serving and 0 lost']);
});

test('doctor is content, or says what is wrong and exits with 1', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin doctor'), 0);
  const healthy = 'The namespace is healthy; 12 inodes and blocks examined in 1.5 s.';
  assert.deepEqual(t.stdout.lines, [
    'No server-side configuration errors or warnings.',
    'All worker storage paths are in working state.',
    healthy,
  ]);
  t.stdout.text = '';
  t.fileSystem.admin.check = {
    status: 'FAILED',
    errors: [{ scope: 'ALL', name: 'a.b', values: { x: ['m:1'], y: ['w:1', 'w:2'] } }],
    warnings: [],
  };
  t.fileSystem.admin.lost = [{ host: 'w1', pathsByTier: { SSD: ['/d1'] } }];
  assert.equal(await t.run('fsadmin doctor'), 1);
  assert.deepEqual(t.stdout.lines, [
    'Server-side configuration errors (those properties are required to be identical):',
    'key: a.b',
    '    value: x (m:1)',
    '    value: y (w:1, w:2)',
    'The following storage paths are lost in the following workers:',
    '    w1',
    '        SSD: /d1',
    healthy,
  ]);
  assert.equal(t.stderr.text, '');
  assert.equal(await t.run('fsadmin doctor configuration'), 1);
  assert.equal(await t.run('fsadmin doctor storage --json'), 1);
  assert.equal(await t.run('fsadmin doctor luck'), 2);
});

test('doctor namespace tells what is damaged, what was mended, and how much was looked at', async () => {
  const t = new FakeTerminal();
  const { admin } = t.fileSystem;
  assert.equal(await t.run('fsadmin doctor namespace --rate 500'), 0);
  assert.deepEqual(admin.calls, ['doctor false 500']);
  assert.deepEqual(t.stdout.lines, [
    'Invariant     Checked  Found  Repaired',
    'invalid-name  11       0      0',
    'orphan-block  1        0      0',
    'The namespace is healthy; 12 inodes and blocks examined in 1.5 s.',
  ]);
  t.stdout.text = '';
  const finding = { kind: 'orphan-block', subject: 'block 5', inodeId: undefined, blockId: 5n, detail: 'no file', remedy: 'forget it' };
  const findings = [true, false, false].map((repaired) => ({ ...finding, repaired }));
  admin.found = { findings, total: 5n, dropped: 2n };
  admin.examined = { figures: { 'orphan-block checked': 9n, 'orphan-block found': 5n, 'orphan-block repaired': 1n, unclear: 2n } };
  assert.equal(await t.run('fsadmin doctor namespace --repair'), 1);
  assert.equal(admin.calls.at(-1), 'doctor true 0');
  assert.deepEqual(t.stdout.lines, [
    'orphan-block: block 5: no file',
    '    repaired',
    'orphan-block: block 5: no file',
    '    remedy: forget it',
    'orphan-block: block 5: no file',
    '    remedy: forget it',
    'and 2 more findings; --json has those that the master keeps',
    'Invariant     Checked  Found  Repaired',
    'orphan-block  9        5      1',
    '2 suspicions about what was being changed are not settled: examine again',
    'The namespace is damaged: 5 findings, 1 repaired; 12 inodes and blocks examined in 1.5 s.',
  ]);
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin doctor namespace --json'), 1);
  const { namespace } = JSON.parse(t.stdout.text) as { namespace: { findings: unknown[]; total: number } };
  assert.deepEqual([namespace.findings.length, namespace.total], [3, 5]);
});

test('doctor of what cannot be examined, or mended, is an error', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin doctor storage --repair'), 2);
  t.fileSystem.admin.doctorRefuses = fail('permissionDenied', 'alice is not a super user');
  assert.equal(await t.run('fsadmin doctor namespace'), 1);
  assert.match(t.stderr.text, /alice is not a super user/);
  assert.equal(await t.run('fsadmin doctor'), 0, 'the rest is told to everybody');
  assert.match(t.stdout.text, /The namespace is not examined: that takes a super user\.\n$/);
  t.fileSystem.admin.doctorRefuses = undefined;
  t.fileSystem.admin.examined = { state: 'CANCELLED', error: 'The doctor of "/" was cancelled' };
  assert.equal(await t.run('fsadmin doctor namespace'), 1);
  assert.match(t.stderr.text, /was cancelled/);
});

test('getBlockInfo tells the block and its file, as far as they are known', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.paths.set(33_554_431n, '/f');
  assert.equal(await t.run('fsadmin getBlockInfo 16777216'), 0);
  assert.deepEqual(t.stdout.lines, ['BlockInfo{id=16777216, length=0, locations=[]}', 'This block belongs to file {id=33554431, path=/f}']);
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin getBlockInfo 12345'), 0);
  assert.equal(t.stdout.lines[1], 'This block belongs to file {id=16777215}');
  for (const id of ['x', '-1', '9223372036854775808']) assert.equal(await t.run(['fsadmin', 'getBlockInfo', id]), 2, id);
});

test('workers go out of service by host or by host and port', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin decommissionWorker --addresses w1,w3:30000 --disable'), 0);
  assert.equal(await t.run('fsadmin decommissionWorker --addresses w1'), 0);
  assert.equal(await t.run('fs decommissionWorker -h w3'), 0);
  assert.equal(await t.run('fsadmin enableWorker --addresses w1,w3:7'), 0);
  assert.deepEqual(t.fileSystem.admin.calls, [
    'decommissionWorker w1:30000 false',
    'decommissionWorker w3:30000 false',
    'decommissionWorker w1:30000 true',
    'decommissionWorker w3:30000 true',
    'enableWorker w1:30000',
    'enableWorker w3:7',
  ]);
  assert.equal(await t.run('fsadmin decommissionWorker --addresses nosuch'), 1);
  assert.match(t.stderr.text, /Cannot find a worker on nosuch: the master knows w1:30000, w2:30000, w3:30000/);
  assert.equal(await t.run('fsadmin decommissionWorker'), 2);
  assert.equal(await t.run('fsadmin decommissionWorker --addresses a:b:c'), 2);
});

test('metrics are cleared of all, of the master alone, of workers alone', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin metrics clear'), 0);
  assert.equal(await t.run('fsadmin metrics clear --no-workers'), 0);
  assert.equal(await t.run('fsadmin metrics clear --workers w3'), 0);
  assert.deepEqual(t.fileSystem.admin.calls, ['clearWorkerMetrics w1', 'clearMetrics', 'clearMetrics', 'clearWorkerMetrics w3']);
});

test('locks are shown as a table', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin locks'), 0);
  const sinceMs = BigInt(Date.UTC(2026, 10, 21, 7, 25, 50, 123));
  t.fileSystem.admin.held = [
    { path: '/a', mode: 'WRITE_EDGE', held: true, operation: 'Rename', user: 'ann', sinceMs },
    { path: '/a/b', mode: 'READ', held: false, operation: 'loadMetadata', user: '', sinceMs },
  ];
  assert.equal(await t.run('fsadmin locks'), 0);
  const [none, header, ...rows] = t.stdout.lines;
  assert.match(none!, /^No operation waits/);
  assert.match(header!, /^State +Mode +Operation +User +Since +Path$/);
  assert.match(rows[0]!, /^held +WRITE_EDGE +Rename +ann .*\/a$/);
  assert.match(rows[1]!, /^waits +READ +loadMetadata .*\/a\/b$/);
  assert.equal(await t.run('fsadmin locks --json'), 0);
});

test('the journal is told of, and why it refuses changes', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin journal status'), 0);
  const text = t.stdout.lines.join('\n');
  assert.match(text, /^State: serving$/m);
  assert.match(text, /^Operations: 120, 119 of them on the disk$/m);
  assert.match(text, /^Disk: 25.00GB of 100.00GB free \(25 %\), which is little$/m);
  assert.match(text, /^100 +2 +11-21-2026 .*6.84KB$/m);
  const admin = t.fileSystem.admin;
  admin.journalReport = {
    ...admin.journalReport,
    state: 'READ_ONLY',
    refusal: 'the disk is full',
    checkpoints: [],
    checkpointEntriesWritten: 7n,
    checkpointError: 'no room',
  };
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin journal status'), 0);
  const told: string = t.stdout.text;
  assert.match(told, /^State: read-only: the disk is full$/m);
  assert.match(told, /^A checkpoint is being written: 7 entries so far$/m);
  assert.match(told, /^The last checkpoint failed: no room$/m);
  assert.match(told, /^There is no checkpoint yet\.$/m);
  assert.equal(await t.run('fsadmin report'), 0);
  assert.match(t.stdout.text, /^ +Journal: read-only: the disk is full$/m);
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin journal status --json'), 0);
  assert.equal(JSON.parse(t.stdout.text).refusal, 'the disk is full');
});

test('a terminal shows how far a checkpoint is', async () => {
  const t = new FakeTerminal();
  const { admin } = t.fileSystem;
  const written = Promise.withResolvers<void>();
  admin.checkpointing = written.promise;
  admin.journalReport = { ...admin.journalReport, checkpointEntriesWritten: 4711n };
  t.stderr.isTTY = true;
  t.stderr.onWrite = (text) => text.includes('4711 entries') && written.resolve();
  assert.equal(await t.run('fsadmin journal checkpoint'), 0);
  assert.deepEqual(t.stdout.lines, ['Successfully took a checkpoint on master m1']);
});

test('a checkpoint, and who holds locks', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.holders = ['rename by ann holds WRITE_EDGE of /a'];
  assert.equal(await t.run('fsadmin journal checkpoint'), 0);
  assert.equal(await t.run('fsadmin statelock'), 0);
  assert.deepEqual(t.stdout.lines, ['Successfully took a checkpoint on master m1', 'rename by ann holds WRITE_EDGE of /a']);
});
