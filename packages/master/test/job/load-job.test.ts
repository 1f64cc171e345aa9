import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { pmode, rejects } from '../file/world.js';
import { JobWorld } from './job-world.js';

async function furnished(options: ConstructorParameters<typeof JobWorld>[0] = {}, files = 20): Promise<JobWorld> {
  const w = new JobWorld(options);
  w.addWorker('w1');
  w.addWorker('w2');
  for (let i = 0; i < files; i++) w.store.file(`d/${i % 3}/f${String(i).padStart(3, '0')}`, 'x'.repeat(25));
  w.store.file('d/empty', '');
  w.jobs.start();
  return w;
}

const LOAD = { kind: 'load', path: '/d' } as const;

test('a load brings every block that no worker has to some worker, once', async () => {
  const w = await furnished();
  const record = await w.done(LOAD);
  assert.equal(record.state, 'SUCCEEDED');
  assert.deepEqual(w.copies('/d/0/f000'), [1, 1, 1]);
  assert.equal(w.loads.length, 60);
  assert.equal(new Set(w.loads.map(({ request }) => request.blockId)).size, 60);
  assert.deepEqual(new Set(w.loads.map(({ worker }) => worker)), new Set(['w1', 'w2']));
  assert.deepEqual(
    { ...record.figures },
    { files: 20, bytes: 500, totalBytes: 500, blocks: 60, failures: 0, earlierBlocks: 0, earlierFailures: 0, failedFiles: 0 },
  );
  const { request } = w.loads.find(({ request: { stored } }) => stored?.offsetInFile === 20n)!;
  assert.match(request.stored!.ufsPath!, /^mem:\/\/root\/d\/\d\/f\d+$/);
  assert.equal(request.length, 5n);
  const again = await w.done(LOAD);
  assert.deepEqual([again.figures.files, again.figures.totalBytes, w.loads.length], [0, 0, 60]);
  await w.jobs.stop();
});

test('a load works on a bounded number of blocks at a time, and no worker has more orders than its limit', async () => {
  const w = await furnished({ perWorker: 3 }, 60);
  await w.done(LOAD);
  assert.ok(w.mostAtOnce <= 6, `${w.mostAtOnce} at once`);
  await w.jobs.stop();
});

test('a load that is verified looks again, and brings what was dropped meanwhile', async () => {
  const w = await furnished();
  let dropped = false;
  w.before = () => {
    if (w.loads.length < 60 || dropped) return;
    dropped = true;
    for (const path of ['/d/0/f000', '/d/1/f001']) w.blocks.free([w.blocksOf(path)[0]!]);
  };
  const record = await w.done(LOAD, { verify: true });
  assert.equal(record.state, 'SUCCEEDED');
  assert.deepEqual(
    [w.copies('/d/0/f000'), w.copies('/d/1/f001')],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
  );
  assert.equal(record.figures.blocks + record.figures.earlierBlocks, 62);
  await w.jobs.stop();
});

test('a failed block is tried again, with another worker, later and later', async () => {
  const w = await furnished({}, 1);
  const tried: string[] = [];
  w.before = ({ worker, request }) => {
    if (request.blockId !== w.blocksOf('/d/0/f000')[0]) return;
    tried.push(worker);
    if (tried.length < 4) throw fail('unavailable', 'busy');
  };
  const record = await w.done(LOAD);
  assert.deepEqual([record.state, record.figures.failures, record.figures.failedFiles], ['SUCCEEDED', 3, 0]);
  assert.equal(tried.length, 4);
  assert.notEqual(tried[0], tried[1]);
  await w.jobs.stop();
});

test('a file that cannot be loaded is told of with its reason, and the others are loaded', async () => {
  const w = await furnished({}, 6);
  w.before = ({ request }) => {
    if (request.stored?.ufsPath === 'mem://root/d/2/f002') throw fail('notFound', 'no such object');
  };
  const record = await w.done(LOAD);
  assert.deepEqual([record.state, record.reason, record.figures.failedFiles], ['FAILED', '1 file failed', 1]);
  assert.deepEqual([...record.failures], [['mem://root/d/2/f002', 'Status code: 5, message: no such object']]);
  assert.deepEqual(w.copies('/d/2/f005'), [1, 1, 1]);
  await w.jobs.stop();
});

test('a load is given up after more than 100 failures that are more than 5 % of its blocks', async () => {
  const w = await furnished({}, 300);
  w.before = () => {
    throw fail('notFound', 'no such object');
  };
  const record = await w.done(LOAD);
  assert.equal(record.state, 'FAILED');
  assert.equal(record.reason, "Job failed because it's not healthy.");
  assert.ok(record.figures.failures > 100 && record.figures.failures < 200, String(record.figures.failures));
  await w.jobs.stop();
});

test('a worker that dies in the middle of a load is replaced by another', async () => {
  const w = await furnished();
  w.before = ({ worker }) => {
    if (worker === 'w1' && w.loads.length > 10) w.disconnect('w1');
  };
  const record = await w.done(LOAD);
  assert.deepEqual([record.state, record.figures.failedFiles], ['SUCCEEDED', 0]);
  for (let i = 0; i < 20; i++) assert.deepEqual(w.copies(`/d/${i % 3}/f${String(i).padStart(3, '0')}`), [1, 1, 1]);
  await w.jobs.stop();
});

test('a load waits for workers, and goes on when one comes', async () => {
  const w = await furnished({}, 2);
  w.disconnect('w1');
  w.disconnect('w2');
  const { id } = await w.submit(LOAD);
  await w.clock.advance(60_000);
  assert.equal(w.jobs.stateOf(w.jobLedger.get(id)!), 'RUNNING');
  w.connect('w2');
  assert.equal((await w.ended(id)).state, 'SUCCEEDED');
  await w.jobs.stop();
});

test('the same load that runs already gets the new limits, which its next orders have', async () => {
  const w = await furnished({ perWorker: 1 }, 10);
  const first = await w.submit(LOAD);
  await w.clock.advance(25);
  const before = w.loads.length;
  const second = await w.submit(LOAD, { bandwidth: 1000, verify: true });
  assert.equal(second.id, first.id);
  await w.ended(first.id);
  assert.equal(w.loads[0]!.request.budget, undefined);
  // Half of it for each of the two workers.
  assert.deepEqual(w.loads[before + 2]!.request.budget, { name: `job-${first.id}`, bytesPerSecond: 500n });
  assert.deepEqual(w.jobLedger.get(first.id)!.limits, { bandwidth: 1000, verify: true });
  await w.jobs.stop();
});

test('a job that is stopped ends at once and stays so', async () => {
  const w = await furnished({ perWorker: 1 }, 30);
  const { id } = await w.submit(LOAD);
  await w.clock.advance(35);
  assert.equal(await w.clock.run(w.jobs.cancel(w.jobLedger.get(id)!)), true);
  const loads = w.loads.length;
  assert.equal(w.jobLedger.get(id)!.state, 'STOPPED');
  await w.clock.advance(10_000);
  assert.equal(w.loads.length, loads);
  assert.ok(loads < 90);
  assert.equal(await w.jobs.cancel(w.jobLedger.get(id)!), false);
  const next = w.restarted();
  next.jobs.start();
  await next.clock.advance(1000);
  assert.equal(next.loads.length, 0);
  await Promise.all([w.jobs.stop(), next.jobs.stop()]);
});

test('a restarted master takes up a load where it stood', async () => {
  const w = await furnished({ perWorker: 1, filesAtOnce: 2 }, 60);
  // A checkpoint every 5 s: each order takes a second.
  w.before = () => new Promise((resolve) => void w.clock.schedule(1000, resolve));
  const { id } = await w.submit(LOAD);
  await w.clock.advance(40_000);
  const loaded = w.loads.length;
  await w.clock.run(w.jobs.stop());
  const next = w.restarted();
  const record = next.jobLedger.get(id)!;
  assert.ok(record.cursor !== undefined && record.cursor > '/d/0/f', String(record.cursor));
  next.jobs.start();
  const end = await next.ended(id);
  assert.equal(end.state, 'SUCCEEDED');
  assert.ok(next.loads.length <= 180 - loaded + 4, `${loaded} and ${next.loads.length}`);
  for (let i = 0; i < 60; i++) assert.deepEqual(next.copies(`/d/${i % 3}/f${String(i).padStart(3, '0')}`), [1, 1, 1]);
  // What was done after the last checkpoint is found done, and not counted again.
  assert.ok(end.figures.bytes <= end.figures.totalBytes && end.figures.totalBytes <= 60 * 25);
  assert.ok(end.figures.files > 50 && end.figures.files <= 60, String(end.figures.files));
  await next.jobs.stop();
});

test('a job waits while nothing can be journaled, and goes on afterwards', async () => {
  const w = await furnished({}, 10);
  const { id } = await w.submit(LOAD);
  w.journal.refusal = fail('unavailable', 'disk full');
  await w.clock.advance(20_000);
  assert.equal(w.jobLedger.get(id)!.endedMs, undefined);
  w.journal.refusal = undefined;
  assert.equal((await w.ended(id)).state, 'SUCCEEDED');
  await w.jobs.stop();
});

test('more jobs than may run are refused, and queued ones wait for their turn', async () => {
  const w = await furnished({ jobs: { running: 2 } }, 6);
  for (const path of ['/d/0', '/d/1']) await w.submit({ kind: 'load', path });
  await rejects('resourceExhausted', 'Too many jobs running, please submit later.', () => w.submit({ kind: 'load', path: '/d/2' }));
  const { jobSpec } = await import('@alluvium/master/job/job-spec.js');
  const spec = jobSpec({ kind: 'load', path: '/d/2', user: 'root' });
  const { record } = await w.jobs.submit(spec, { bandwidth: undefined, verify: false }, { queued: true });
  assert.equal(w.jobs.runOf(record.id), undefined);
  assert.equal((await w.ended(record.id)).state, 'SUCCEEDED');
  await w.jobs.stop();
});

test('a job that has ended is remembered for a day', async () => {
  const w = await furnished({}, 1);
  const { id } = await w.done(LOAD);
  await w.clock.advance(23 * 3_600_000);
  assert.ok(w.jobLedger.get(id));
  await w.clock.run(new Promise<void>((resolve) => void w.clock.schedule(2 * 3_600_000, resolve)), 3 * 3_600_000);
  assert.equal(w.jobLedger.get(id), undefined);
  await w.jobs.stop();
});

test('what a user may not see is not loaded for him', async () => {
  const w = await furnished({}, 3);
  await w.mkdir('/private', { mode: pmode(0o700) });
  await w.set('/d', { mode: pmode(0o755) });
  await rejects('permissionDenied', /Permission denied/, () => w.submit({ kind: 'load', path: '/private', user: 'bob' }));
  await rejects('notFound', /does not exist/, () => w.submit({ kind: 'load', path: '/none' }));
  await w.set('/d/1', { mode: pmode(0o700) });
  const record = await w.done({ kind: 'load', path: '/d', user: 'bob' });
  assert.equal(record.state, 'FAILED');
  assert.match([...record.failures.values()].join(), /bob may not list "\/d\/1"/);
  await w.jobs.stop();
});
