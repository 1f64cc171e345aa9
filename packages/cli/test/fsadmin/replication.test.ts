import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrainReport } from '@alluvium/client';
import { NO_REPLICATION } from '../fakes/fake-admin.js';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function drain(state: string, blocksLeft: bigint, lastError?: string): DrainReport {
  return {
    workerId: 5n,
    host: 'w1',
    webPort: 30000,
    rpcPort: 29999,
    state,
    startedMs: 0n,
    endedMs: state === 'HANDING_OVER' ? undefined : 60_000n,
    blocksLeft,
    bytesLeft: 100n * blocksLeft,
    blocksDone: 10n - blocksLeft,
    bytesDone: 1000n - 100n * blocksLeft,
    hotDone: 2n,
    failures: lastError === undefined ? 0n : 1n,
    lastError,
  };
}

test('replication shows what is done about copies, drained workers, and the files that wait', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.replications = [
    {
      ...NO_REPLICATION,
      files: [
        {
          fileId: 7n,
          path: '/data/a',
          state: 'WAITING',
          sinceMs: 0n,
          attempts: 3,
          lastError: 'no room',
          min: 2,
          max: -1,
          fewest: 1,
          most: 2,
        },
      ],
      queued: 4n,
      running: 1n,
      demanding: 12n,
      copied: 9n,
      copiedBytes: 900n,
      lastPass: { looked: 12n, toDo: 4n, lacking: 1n, lost: 2n, endedMs: 0n },
      drains: [drain('DONE', 0n)],
      warmed: 3n,
      toWarm: 1n,
      durableWaits: 1n,
      idleReason: 'no worker that takes orders is in service',
    },
  ];
  assert.equal(await t.run('fsadmin replication'), 0);
  const lines = t.stdout.lines.map((line) => line.replaceAll(/ +/g, ' ').trim());
  assert.deepEqual(lines.slice(0, 9), [
    '12 files with something wanted of their copies, 4 in the queue, 1 order at the workers',
    'Since the start: 9 copied (900B), 0 freed, 0 moved, 0 failed',
    '1 copy lacking that no worker can take',
    '2 files in no store with blocks that no worker has',
    'Hot blocks of lost workers: 3 loaded again, 0 not, 1 to go',
    '1 writer waiting for durable copies',
    'Nothing is done now: no worker that takes orders is in service',
    '',
    'Drained worker State For Left Handed over Hot Failures Last error',
  ]);
  assert.equal(lines[9], 'w1:30000 DONE 60s 0 (0B) 10 (1000B) 2 0');
  assert.match(lines[12]!, /^WAITING 1 to 2 2 or more .* 3 \/data\/a no room$/);
  assert.equal(lines[13], '3 more; --limit shows up to 10000');
  assert.equal(await t.run('fsadmin replication --json'), 0);
  assert.equal(await t.run('fsadmin replication --limit x'), 2);
});

test('decommissionWorker waits as long as it is told until a worker has handed over everything', async () => {
  const t = new FakeTerminal();
  const { admin } = t.fileSystem;
  const answers = (...drains: DrainReport[]) => (admin.replications = drains.map((one) => ({ ...NO_REPLICATION, drains: [one] })));
  answers(drain('HANDING_OVER', 4n), drain('HANDING_OVER', 4n), drain('LOOKING', 1n, 'no room'), drain('DONE', 0n));
  assert.equal(await t.run('fsadmin drainWorker --addresses w1 --wait 1h'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Worker w1 is out of service',
    '4 blocks (400B) left, 6 (600B) handed over',
    '1 blocks (100B) left, 9 (900B) handed over; no room',
    'Worker w1 has handed over everything',
  ]);
  answers(drain('HANDING_OVER', 4n));
  assert.equal(await t.run('fsadmin decommissionWorker --addresses w1:30000 -w 3s'), 1);
  assert.match(t.stderr.text, /Worker w1:30000 has not handed over everything: 4 blocks \(400B\) left, 6 \(600B\) handed over/);
  answers(drain('LOST', 4n));
  assert.equal(await t.run('fsadmin decommissionWorker --addresses w1 -w 3s'), 1);
  assert.match(t.stderr.text, /fell silent before it had handed over everything/);
});
