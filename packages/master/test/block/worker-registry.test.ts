import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { WorkerRegistry } from '@alluvium/master/block/worker-registry.js';
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
