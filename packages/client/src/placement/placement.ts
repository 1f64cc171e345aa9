// The policies of a client, by the names that Alluxio's configuration has for them.
import { fail, type Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { rankOf } from './block-hash.js';
import { drawn } from './by-chance.js';
import { CapacityBaseRandom } from './capacity-base-random.js';
import { CapacityBasedDeterministicHash } from './capacity-based-deterministic-hash.js';
import { DeterministicHash } from './deterministic-hash.js';
import { LocalFirst, type Among } from './local-first.js';
import { LocalFirstAvoidEviction } from './local-first-avoid-eviction.js';
import { MostAvailableFirst } from './most-available-first.js';
import type { PlacementPolicy } from './placement-policy.js';
import { RoundRobin } from './round-robin.js';
import { SpecificHost } from './specific-host.js';

export type PolicyName =
  | 'LocalFirstPolicy'
  | 'LocalFirstAvoidEvictionPolicy'
  | 'MostAvailableFirstPolicy'
  | 'RoundRobinPolicy'
  | 'SpecificHostPolicy'
  | 'DeterministicHashPolicy'
  | 'CapacityBaseRandomPolicy'
  | 'CapacityBasedDeterministicHashPolicy';

const NAMES: readonly PolicyName[] = [
  'LocalFirstPolicy',
  'LocalFirstAvoidEvictionPolicy',
  'MostAvailableFirstPolicy',
  'RoundRobinPolicy',
  'SpecificHostPolicy',
  'DeterministicHashPolicy',
  'CapacityBaseRandomPolicy',
  'CapacityBasedDeterministicHashPolicy',
];
const PACKAGE = 'alluxio.client.block.policy.';

/** Of a class name, with its package or without; undefined for one that is none of Alluxio's. */
export function policyNamed(text: string): PolicyName | undefined {
  const name = text.startsWith(PACKAGE) ? text.slice(PACKAGE.length) : text;
  return NAMES.find((known) => known === name);
}

export interface PlacementSettings {
  readonly hashShards: number;
  /** What LocalFirstAvoidEvictionPolicy leaves free. */
  readonly reservedBytes: bigint;
  /** That of SpecificHostPolicy. */
  readonly specificHost: string;
  /** How far away a worker is. */
  readonly distance: (worker: LiveWorker) => number;
}

/** What a full worker weighs beside its free bytes: it makes room by eviction. */
const EVICTABLE_SHARE = 16n;

/** Clients that write spread by free space, so that they do not all run to the same worker. */
export function amongFree(random: Random): Among {
  return (workers) => drawn(workers, ({ freeBytes, capacityBytes }) => Number(freeBytes + capacityBytes / EVICTABLE_SHARE + 1n), random);
}

/** Clients that read go to the same worker, whoever asks, so that a block is cached once. A worker that comes or goes moves only its own. */
export const AMONG_READERS: Among = (workers, { id }) =>
  workers
    .map((worker) => ({ worker, rank: rankOf(id, worker.key) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ worker }) => worker);

/** Throws `invalidArgument` for settings with which the policy cannot choose. */
export function createPolicy(name: PolicyName, settings: PlacementSettings, among: Among, random: Random): PlacementPolicy {
  const { hashShards, reservedBytes, specificHost, distance } = settings;
  if (hashShards < 1) throw fail('invalidArgument', `Cannot place blocks on ${hashShards} shards: at least 1 is wanted`);
  switch (name) {
    case 'LocalFirstPolicy':
      return new LocalFirst(distance, among);
    case 'LocalFirstAvoidEvictionPolicy':
      return new LocalFirstAvoidEviction(new LocalFirst(distance, among), reservedBytes);
    case 'MostAvailableFirstPolicy':
      return new MostAvailableFirst(random);
    case 'RoundRobinPolicy':
      return new RoundRobin(random);
    case 'SpecificHostPolicy':
      return new SpecificHost(specificHost);
    case 'DeterministicHashPolicy':
      return new DeterministicHash(hashShards, random);
    case 'CapacityBaseRandomPolicy':
      return new CapacityBaseRandom(random);
    case 'CapacityBasedDeterministicHashPolicy':
      return new CapacityBasedDeterministicHash(hashShards, random);
  }
}
