import { AMONG_READERS, amongFree, createPolicy, policyNamed, type PlacementSettings } from '@alluvium/client/placement/placement.js';
import type { PlacementPolicy } from '@alluvium/client/placement/placement-policy.js';
import { shuffled } from '@alluvium/client/placement/by-chance.js';
import { SeededRandom } from '@alluvium/testkit';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { block, worker } from './workers.js';

const WORKERS = [worker('w1', 1024), worker('w2', 512, 512), worker('w3', 2048, 100), worker('w10', 1024, 1)];

/** In which the distance of a worker is a digit behind its name, unless told. */
function policy(name: string, settings: Partial<PlacementSettings> = {}, random = new SeededRandom(7)): PlacementPolicy {
  const all = { hashShards: 1, reservedBytes: 0n, specificHost: '', distance: () => 0, ...settings };
  return createPolicy(policyNamed(name)!, all, amongFree(random), random);
}

/** How often each worker is the choice. */
function choices(chosen: PlacementPolicy, count: number, workers = WORKERS, lengthMib = 64): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let id = 0; id < count; id++) {
    const host = chosen.order(workers, block(id, lengthMib))[0]!.host;
    counts[host] = (counts[host] ?? 0) + 1;
  }
  return counts;
}

function hosts(chosen: PlacementPolicy, id: bigint | number = 1, lengthMib = 64, workers = WORKERS): string[] {
  return chosen.order(workers, block(id, lengthMib)).map(({ host }) => host);
}

test('a policy is named by its class, with the package or without', () => {
  assert.equal(policyNamed('alluxio.client.block.policy.RoundRobinPolicy'), 'RoundRobinPolicy');
  assert.equal(policyNamed('RoundRobinPolicy'), 'RoundRobinPolicy');
  assert.equal(policyNamed('com.example.RoundRobinPolicy'), undefined);
});

test('every policy but the one of a host comes to all workers in the end, each once', () => {
  for (const name of [
    'LocalFirst',
    'LocalFirstAvoidEviction',
    'MostAvailableFirst',
    'RoundRobin',
    'DeterministicHash',
    'CapacityBaseRandom',
    'CapacityBasedDeterministicHash',
  ])
    for (const hashShards of [1, 3])
      for (let id = 0; id < 20; id++)
        assert.deepEqual(hosts(policy(`${name}Policy`, { hashShards }), id).sort(), ['w1', 'w10', 'w2', 'w3'], name);
});

test('no policy chooses where there are no workers', () => {
  for (const name of [
    'LocalFirst',
    'LocalFirstAvoidEviction',
    'MostAvailableFirst',
    'RoundRobin',
    'DeterministicHash',
    'CapacityBaseRandom',
    'CapacityBasedDeterministicHash',
  ])
    assert.deepEqual(policy(`${name}Policy`).order([], block(1)), []);
});

test('LocalFirstPolicy: the nearest worker whose capacity suffices, however full', () => {
  const distance = ({ host }: { host: string }): number => ({ w2: 0, w3: 1 })[host] ?? 2;
  assert.deepEqual(hosts(policy('LocalFirstPolicy', { distance })).slice(0, 2), ['w2', 'w3']);
  assert.deepEqual(hosts(policy('LocalFirstPolicy', { distance }), 1, 600)[0], 'w3', 'w2 is too small');
  assert.deepEqual(hosts(policy('LocalFirstPolicy', { distance }), 1, 4096), []);
});

test('LocalFirstPolicy: writers spread over equals by free space, readers of a block go to the same worker', () => {
  const counts = choices(policy('LocalFirstPolicy'), 4000);
  assert.ok(counts['w3']! > 1.5 * counts['w1']! && (counts['w2'] ?? 0) < 100, JSON.stringify(counts));
  const settings = { hashShards: 1, reservedBytes: 0n, specificHost: '', distance: () => 0 };
  const readers = createPolicy('LocalFirstPolicy', settings, AMONG_READERS, new SeededRandom(1));
  for (let id = 0; id < 100; id++) assert.deepEqual(hosts(readers, id), hosts(readers, id, 64, WORKERS.toReversed()));
  const before = Array.from({ length: 1000 }, (_, id) => hosts(readers, id)[0]);
  const without = WORKERS.filter(({ host }) => host !== 'w1');
  const after = Array.from({ length: 1000 }, (_, id) => hosts(readers, id, 64, without)[0]);
  assert.ok(
    before.every((host, id) => host === 'w1' || host === after[id]),
    'only the blocks of the worker that left move',
  );
});

test('LocalFirstAvoidEvictionPolicy: the nearest with room beside the reserve, the nearest of all when none has', () => {
  const distance = ({ host }: { host: string }): number => (host === 'w2' ? 0 : host === 'w1' ? 1 : 2);
  assert.deepEqual(hosts(policy('LocalFirstAvoidEvictionPolicy', { distance }))[0], 'w1', 'w2 is full');
  assert.deepEqual(hosts(policy('LocalFirstAvoidEvictionPolicy', { distance, reservedBytes: 1000n << 20n }))[0], 'w3', 'w1 has not both');
  assert.deepEqual(hosts(policy('LocalFirstAvoidEvictionPolicy', { distance, reservedBytes: 9000n << 20n }))[0], 'w2');
});

test('MostAvailableFirstPolicy: the most free bytes, whatever the size of the block', () => {
  assert.deepEqual(hosts(policy('MostAvailableFirstPolicy')), ['w3', 'w1', 'w10', 'w2']);
  assert.deepEqual(hosts(policy('MostAvailableFirstPolicy'), 1, 15_000)[0], 'w3');
});

test('RoundRobinPolicy: one after the other, not those that are too small, and a block again where it was', () => {
  const circle = policy('RoundRobinPolicy');
  const first = Array.from({ length: 8 }, (_, id) => hosts(circle, id)[0]!);
  assert.deepEqual(first.slice(0, 4), first.slice(4));
  assert.equal(new Set(first).size, 4);
  assert.deepEqual(
    [3, 3, 5].map((id) => hosts(circle, id)[0]),
    [first[3], first[3], first[5]],
  );
  for (const id of [20, 21]) assert.deepEqual(hosts(circle, id, 1500), ['w3']);
  const joined = [...WORKERS, worker('w11', 1024)];
  const turns = Array.from({ length: 10 }, (_, i) => hosts(circle, 30 + i, 64, joined)[0]!);
  assert.equal(new Set(turns.slice(0, 5)).size, 5, 'a worker that joins has its turn');
  assert.deepEqual(turns.slice(0, 5), turns.slice(5));
});

test('SpecificHostPolicy: the workers of that host and no other, too small or not', () => {
  assert.deepEqual(hosts(policy('SpecificHostPolicy', { specificHost: 'w2' }), 1, 1500), ['w2']);
  assert.deepEqual(hosts(policy('SpecificHostPolicy', { specificHost: 'nope' })), []);
  assert.throws(() => policy('SpecificHostPolicy'), { kind: 'invalidArgument' });
});

/** What a 2.9.4 Java client chooses of `WORKERS`, for blocks of 64 MiB: measured. */
const IDS = [0n, 1n, 16777216n, 16777217n, 33554432n, 1234567890123n, 9223372036854775807n, 16810770432n, 1291845637n];
const JAVA = {
  DeterministicHashPolicy: {
    1: ['w10', 'w10', 'w1', 'w1', 'w1', 'w2', 'w2', 'w10', 'w10'],
    2: ['w10 w2', 'w10 w2', 'w1 w10', 'w1 w10', 'w1 w10', 'w2 w3', 'w2 w3', 'w10 w2', 'w10 w2'],
  },
  CapacityBasedDeterministicHashPolicy: {
    1: ['w3', 'w10', 'w3', 'w10', 'w2', 'w2', 'w1', 'w10', 'w1'],
    2: ['w3', 'w10 w3', 'w3', 'w1 w10', 'w2 w3', 'w2 w3', 'w1 w3', 'w10 w3', 'w1 w10'],
  },
};

for (const [name, expected] of Object.entries(JAVA))
  test(`${name}: Alluxio's Java clients choose alike, in whatever order the workers come`, () => {
    const random = new SeededRandom(3);
    for (const [shards, wanted] of Object.entries(expected)) {
      const hashed = policy(name, { hashShards: Number(shards) });
      const chosen = IDS.map((id) => {
        const seen = new Set<string>();
        for (let i = 0; i < 60; i++) seen.add(hosts(hashed, id, 64, shuffled(WORKERS, random))[0]!);
        return [...seen].sort().join(' ');
      });
      assert.deepEqual(chosen, wanted, `${shards} shards`);
      assert.equal(hosts(hashed, 1, 1500)[0], 'w3', 'the only one that is large enough');
      assert.deepEqual(hosts(hashed, 1, 15_000), []);
    }
    assert.throws(() => policy(name, { hashShards: 0 }), { kind: 'invalidArgument' });
  });

for (const name of ['CapacityBaseRandomPolicy', 'CapacityBasedDeterministicHashPolicy'])
  test(`${name}: blocks as the capacities`, () => {
    const counts = choices(policy(name), 20_000);
    const total = WORKERS.reduce((sum, { capacityBytes }) => sum + Number(capacityBytes), 0);
    for (const { host, capacityBytes } of WORKERS) {
      const share = (counts[host] ?? 0) / 20_000;
      const wanted = Number(capacityBytes) / total;
      assert.ok(Math.abs(share - wanted) < 0.02, `${host} has ${share} of the blocks; ${wanted} wanted`);
    }
  });
