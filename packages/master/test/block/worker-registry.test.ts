import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { WorkerRegistry, type WorkerState } from '@alluvium/master/block/worker-registry.js';
import { SeededRandom, SimClock } from '@alluvium/testkit';

const KNOWN = new Set([1n, 2n, 3n]);

function registry(): { workers: WorkerRegistry; clock: SimClock } {
  const clock = new SimClock();
  return { clock, workers: new WorkerRegistry(clock, new SeededRandom(1), (id) => KNOWN.has(id)) };
}

const address = (host: string): { host: string; rpcPort: number } => ({ host, rpcPort: 29999 });

test('a worker keeps its id as long as its address is remembered', () => {
  const { workers } = registry();
  const a = workers.announce(address('a'));
  assert.equal(workers.announce(address('a')), a);
  assert.notEqual(workers.announce(address('b')), a);
  assert.ok(a >= 0n && a < 1n << 63n);
});

test('a reported block that the master does not know is ordered away until it is gone', () => {
  const { workers } = registry();
  const worker = workers.beginRegistration(workers.announce(address('a')), {});
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n, 99n] });
  workers.finishRegistration(worker);
  assert.equal(workers.locations(1n as BlockId).length, 1);
  assert.equal(workers.locations(99n as BlockId).length, 0);
  assert.deepEqual(workers.heartbeat(worker, {}).ids, [99n]);
  assert.deepEqual(workers.heartbeat(worker, {}).ids, [99n], 'repeated until reported removed');
  workers.removeBlocks(worker, [99n]);
  assert.deepEqual(workers.heartbeat(worker, {}).ids, []);
});

test('a new registration replaces what the worker had before', () => {
  const { workers } = registry();
  const id = workers.announce(address('a'));
  const worker = workers.beginRegistration(id, {});
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n, 2n] });
  workers.finishRegistration(worker);
  workers.beginRegistration(id, {});
  assert.equal(workers.locations(1n as BlockId).length, 1, 'what it had is readable until the new list is whole');
  workers.addBlocks(worker, { tierAlias: 'SSD', mediumType: 'SSD', blockIds: [2n] });
  workers.finishRegistration(worker);
  assert.equal(workers.locations(1n as BlockId).length, 0);
  assert.deepEqual(
    workers.locations(2n as BlockId).map((place) => place.tierAlias),
    ['SSD'],
  );
});

test('copies are listed best tier first and move with the worker report', () => {
  const { workers } = registry();
  const hdd = workers.beginRegistration(workers.announce(address('hdd')), {});
  const mem = workers.beginRegistration(workers.announce(address('mem')), {});
  workers.addBlocks(hdd, { tierAlias: 'HDD', mediumType: 'HDD', blockIds: [3n] });
  workers.commitBlock(mem, 3n as BlockId, 'MEM', 'MEM', 10n);
  const tiers = (): unknown[] => workers.locations(3n as BlockId).map((place) => place.tierAlias);
  assert.deepEqual(tiers(), ['MEM', 'HDD']);
  workers.addBlocks(mem, { tierAlias: 'SSD', mediumType: 'SSD', blockIds: [3n] });
  assert.deepEqual(tiers(), ['SSD', 'HDD']);
});

test('freed blocks lose their locations at once and are ordered away', () => {
  const { workers } = registry();
  const worker = workers.beginRegistration(workers.announce(address('a')), {});
  workers.commitBlock(worker, 1n as BlockId, 'MEM', 'MEM', 10n);
  let woken = 0;
  worker.wake = () => woken++;
  workers.free([1n, 2n] as BlockId[]);
  assert.equal(workers.locations(1n as BlockId).length, 0);
  assert.deepEqual(workers.heartbeat(worker, {}).ids, [1n]);
  assert.equal(woken, 1);
});

test('a silent worker is lost with its copies, comes back under its id, and is forgotten in the end', async () => {
  const { workers, clock } = registry();
  const id = workers.announce(address('a'));
  const worker = workers.beginRegistration(id, {});
  workers.finishRegistration(worker);
  workers.commitBlock(worker, 1n as BlockId, 'MEM', 'MEM', 10n);
  await clock.advance(1000);
  assert.equal(workers.expire(500, 1000).length, 1);
  assert.equal(workers.locations(1n as BlockId).length, 0);
  assert.equal(workers.lost().length, 1);
  assert.equal(workers.announce(address('a')), id);
  await clock.advance(1000);
  workers.expire(500, 1000);
  assert.equal(workers.lost().length, 0);
  assert.notEqual(workers.announce(address('a')), id);
});

test('a worker whose registration broke off is forgotten with what it had reported', async () => {
  const { workers, clock } = registry();
  const worker = workers.beginRegistration(workers.announce(address('a')), {});
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n] });
  assert.equal(workers.locations(1n as BlockId).length, 1);
  await clock.advance(2000);
  workers.expire(500, 1000);
  assert.equal(workers.find(worker.id), undefined);
  assert.deepEqual([workers.locations(1n as BlockId), [...workers.located()]], [[], []]);
});

/** The most blocks that came or went in one turn of the event loop, which here ends when a timer fires. */
function longestTurn(workers: WorkerRegistry, clock: SimClock): () => number {
  let blocks = 0;
  let longest = 0;
  const count = (): void => void (longest = Math.max(longest, ++blocks));
  workers.listen({ located: count, gone: count });
  const schedule = clock.schedule.bind(clock);
  clock.schedule = (delayMs, callback) =>
    schedule(delayMs, () => {
      blocks = 0;
      callback();
    });
  return () => longest;
}

const MANY = 40_000;
const manyIds = (): bigint[] => Array.from({ length: MANY }, (_, at) => BigInt(at) << 24n);

function large(): ReturnType<typeof registry> {
  const clock = new SimClock();
  return { clock, workers: new WorkerRegistry(clock, new SeededRandom(1), () => true) };
}

test('a large registration, what it does not list any more, and a worker that is forgotten go in slices, several at a time in the same', async () => {
  const { workers, clock } = large();
  const first = manyIds();
  const listed = { tierAlias: 'MEM', mediumType: 'MEM', blockIds: first };
  const [a, b] = ['a', 'b'].map((host) => workers.beginRegistration(workers.announce(address(host)), {})) as [WorkerState, WorkerState];
  const longest = longestTurn(workers, clock);
  await clock.run(Promise.all([a, b].map((worker) => workers.addListed(worker, worker.registration!, listed))));
  workers.finishRegistration(a);
  workers.finishRegistration(b);
  assert.deepEqual([workers.copyCount, a.copies, b.copies], [2 * MANY, MANY, MANY]);

  workers.beginRegistration(a.id, {});
  workers.addBlocks(a, { ...listed, blockIds: first.slice(0, 10) });
  workers.finishRegistration(a);
  assert.equal(workers.live().length, 2, 'it serves while the rest is forgotten');
  assert.ok(a.copies > 10 && workers.hasCopy(a, 0n as BlockId));
  await clock.advance(200);
  assert.deepEqual([a.copies, b.copies, workers.copyCount], [10, MANY, MANY + 10]);

  await clock.advance(1000);
  workers.expire(500, 10_000);
  assert.deepEqual([workers.lost().length, workers.locations(0n as BlockId).length, [...workers.located()].length], [2, 0, 0]);
  await clock.advance(20_000);
  workers.expire(500, 10_000);
  assert.equal(workers.find(b.id), undefined);
  assert.ok(workers.copyCount > 0);
  await clock.advance(200);
  assert.equal(workers.copyCount, 0);
  assert.ok(longest() > 1000 && longest() < 10_000, `${longest()} blocks in a turn`);
});

test('a registration that another one overtakes adds nothing more', async () => {
  const { workers, clock } = large();
  const id = workers.announce(address('a'));
  const worker = workers.beginRegistration(id, {});
  const late = workers.addListed(worker, worker.registration!, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: manyIds() });
  workers.beginRegistration(id, {});
  workers.finishRegistration(worker);
  await assert.rejects(clock.run(late), { kind: 'aborted' });
  await clock.advance(200);
  assert.equal(workers.copyCount, 0);
});

test('registrations that break off again and again leave nothing that a later one takes for its own', () => {
  const { workers } = registry();
  const id = workers.announce(address('a'));
  const worker = workers.beginRegistration(id, {});
  for (let broken = 0; broken < 3000; broken++) {
    workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: broken % 1000 === 0 ? [1n] : [] });
    workers.beginRegistration(id, {});
  }
  assert.equal(workers.hasCopy(worker, 1n as BlockId), true);
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [2n] });
  workers.finishRegistration(worker);
  assert.deepEqual([workers.hasCopy(worker, 1n as BlockId), workers.hasCopy(worker, 2n as BlockId), worker.copies], [false, true, 1]);
});

test('whoever listens hears of copies that come, move and go, and of workers', async () => {
  const { workers, clock } = registry();
  const heard: string[] = [];
  const name = ({ address: { host } }: WorkerState): string => String(host);
  workers.listen({
    located: (id, worker) => heard.push(`located ${id} ${name(worker)}`),
    gone: (id, worker) => heard.push(`gone ${id} ${name(worker)}`),
    registered: (worker) => heard.push(`registered ${name(worker)}`),
    lost: (worker) => heard.push(`lost ${name(worker)}`),
  });
  const said = (): string[] => heard.splice(0);
  const worker = workers.beginRegistration(workers.announce(address('a')), {});
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n, 2n, 99n] });
  workers.finishRegistration(worker);
  assert.deepEqual(said(), ['located 1 a', 'located 2 a', 'registered a']);
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n] });
  workers.addBlocks(worker, { tierAlias: 'SSD', mediumType: 'SSD', blockIds: [1n] });
  workers.removeBlocks(worker, [2n, 2n]);
  workers.free([1n as BlockId, 3n as BlockId]);
  assert.deepEqual(said(), ['located 1 a', 'gone 2 a', 'gone 1 a']);
  workers.commitBlock(worker, 3n as BlockId, 'MEM', 'MEM', 1n);
  workers.beginRegistration(worker.id, {});
  workers.finishRegistration(worker);
  assert.deepEqual(said(), ['located 3 a', 'gone 3 a', 'registered a']);
  await clock.advance(1000);
  workers.expire(500, 1000);
  assert.deepEqual(said(), ['lost a']);
});
