import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RpcChannel } from '@alluvium/net';
import { rejects } from '../file/world.js';
import { Machine } from '../machine.js';
import { end, FakeWorker, newBlock, placesOf, workerMethods } from './fake-worker.js';

async function running(settings: Record<string, string> = {}): Promise<{ machine: Machine; c: RpcChannel }> {
  const machine = new Machine(settings);
  const c = await machine.start();
  return { machine, c };
}

/** What a promise has come to by now. */
function seen<T>(promise: Promise<T>): { value: T | undefined; error: unknown } {
  const out: { value: T | undefined; error: unknown } = { value: undefined, error: undefined };
  promise.then(
    (value) => (out.value = value),
    (error: unknown) => (out.error = error),
  );
  return out;
}

test('leases to register are bounded in number, the same again for who has one, and end by themselves', async () => {
  const { machine, c } = await running({ 'alluxio.master.worker.register.lease.count': '2' });
  const lease = async (workerId: bigint): Promise<boolean | undefined> =>
    (await c.unary(workerMethods.requestRegisterLease, { workerId, blockCount: 5n })).allowed;
  assert.deepEqual([await lease(1n), await lease(2n), await lease(3n), await lease(1n)], [true, true, false, true]);
  await machine.clock.advance(59_000);
  assert.equal(await lease(3n), false);
  await machine.clock.advance(1_000);
  assert.deepEqual([await lease(3n), await lease(4n), await lease(1n)], [true, true, false]);
});

test('a registration in one call needs a lease, which ends with it', async () => {
  const { machine, c } = await running();
  const worker = new FakeWorker(c, 'w1');
  await worker.announce();
  const refused =
    /^Worker \d+ does not have a lease or the lease has expired\. The worker should acquire a new lease and retry to register\.$/;
  const register = (): Promise<unknown> => c.unary(workerMethods.registerWorker, worker.first([]));
  await rejects('unavailable', refused, register);
  const lease = (): Promise<unknown> => c.unary(workerMethods.requestRegisterLease, { workerId: worker.id, blockCount: 0n });
  await lease();
  await machine.clock.advance(60_000);
  await rejects('unavailable', refused, register);
  await lease();
  await register();
  await rejects('unavailable', refused, register);
  const { c: open } = await running({ 'alluxio.master.worker.register.lease.enabled': 'false' });
  const another = new FakeWorker(open, 'w1');
  await another.announce();
  await open.unary(workerMethods.registerWorker, another.first([]));
});

test('a register storm: so many workers register at a time, the others wait for their turn, and reads are answered', async () => {
  const { machine, c } = await running({ 'alluxio.master.worker.register.lease.count': '25' });
  const block = await newBlock(c, '/f');
  const known = await new FakeWorker(c, 'known', 1n).register();
  await known.commit(block);
  const storm = Array.from({ length: 30 }, (_, at) => new FakeWorker(c, `w${at}`, BigInt(at + 10)));
  const begun = storm.map((worker) => worker.begin([block]));
  const states = begun.map(seen);
  await machine.clock.advance(1000);
  const isIn = (at: number): boolean => states[at]!.value !== undefined;
  assert.equal(states.filter((_, at) => isIn(at)).length, 25);
  assert.equal((await placesOf(c, block)).length, 26);
  await end(await begun[3]!);
  await machine.clock.advance(1);
  assert.ok(isIn(25), 'who came first goes first');
  assert.ok(!isIn(26));
  (await begun[4]!).cancel();
  await machine.clock.advance(1);
  assert.ok(isIn(26), 'one that broke off makes room too');
  for (const at of Array.from({ length: 30 }, (_, i) => i).filter((i) => i !== 3 && i !== 4)) {
    await end(await begun[at]!);
    await machine.clock.advance(1);
  }
  assert.equal((await placesOf(c, block)).length, 31, 'of the one that broke off, what it had told');
});

test('a registration on which nothing comes any more is ended', async () => {
  const { machine, c } = await running({
    'alluxio.master.worker.register.stream.response.timeout': '1min',
    'alluxio.master.worker.register.lease.count': '1',
  });
  const slow = await new FakeWorker(c, 'slow', 1n).begin();
  const answer = seen(slow.read());
  const other = seen(new FakeWorker(c, 'other', 2n).register());
  await machine.clock.advance(59_000);
  assert.deepEqual([answer.error, other.value], [undefined, undefined]);
  await machine.clock.advance(1_001);
  assert.equal((answer.error as { kind?: string }).kind, 'deadlineExceeded');
  assert.notEqual(other.value, undefined, 'nobody waits for it any more');
});

test('what a worker had stays readable while it registers again, until its new list is whole', async () => {
  const { machine, c } = await running();
  const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
  const worker = await new FakeWorker(c, 'w1', 1n).register();
  await worker.commit(a);
  await worker.commit(b);
  const again = new FakeWorker(c, 'w1', 2n);
  const stream = await again.begin([a]);
  assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[worker.id], [worker.id]]);
  await end(stream);
  assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[worker.id], []]);
  const broken = await new FakeWorker(c, 'w1', 3n).begin([b]);
  broken.cancel();
  await machine.clock.advance(1);
  assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[worker.id], [worker.id]], 'one that breaks off takes nothing away');
  await new FakeWorker(c, 'w1', 4n).register([b]);
  assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[], [worker.id]]);
});

test('blocks that come in several messages, of several tiers, are all taken', async () => {
  const { c } = await running();
  const ids = await Promise.all(['/a', '/b', '/c'].map((path) => newBlock(c, path)));
  const worker = await new FakeWorker(c, 'w1').register();
  for (const id of ids) await worker.commit(id);
  await worker.register([]);
  assert.deepEqual(await placesOf(c, ids[0]!), []);
  const stream = await worker.begin([ids[0]!]);
  await stream.write(worker.more([ids[1]!, 5n << 50n]));
  await stream.read();
  await stream.write({ workerId: worker.id, currentBlocks: [{ key: { tierAlias: 'SSD' }, value: { blockId: [ids[2]!] } }, {}] });
  await stream.read();
  await end(stream);
  for (const id of ids) assert.deepEqual(await placesOf(c, id), [worker.id]);
  assert.deepEqual((await worker.beat())!.ids, [5n << 50n], 'what nobody knows is ordered away');
});
