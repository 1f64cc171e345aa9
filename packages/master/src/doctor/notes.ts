// What the master remembers besides inodes, blocks and mounts.
import { ROOT_INODE_ID, kindOf, normalPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { endEntry } from '../file/intents/store-intents.js';
import type { Invariant } from './invariant.js';

/** Clocks differ by less, and are seldom set by more. */
const FAR_FUTURE_MS = 366 * 24 * 60 * 60 * 1000;

/** By the paths that have properties. */
export const pathPropertyInvariants: readonly Invariant<NormalPath>[] = [
  {
    kind: 'path-property',
    remedy: 'the properties move to the path as it should be written, unless that has its own; those of what is no path go',
    wrong: (p, path) =>
      hasProperties(p.c.pathProperties, path) && normalOf(path) !== path
        ? 'it is not written as paths are, and counts for none'
        : undefined,
    mend: (p, path) => {
      const normal = normalOf(path);
      const plan: JournalEntry[] = [];
      for (const [at, properties] of p.c.pathProperties.all())
        if (at === path && normal !== undefined && !hasProperties(p.c.pathProperties, normal))
          plan.push({ pathProperties: { path: normal, properties: Object.fromEntries(properties) } });
      return p.c.committer.commit([...plan, { removePathProperties: { path } }]);
    },
  },
];

/** By the ids of open intents. */
export const intentInvariants: readonly Invariant<bigint>[] = [
  {
    kind: 'intent-without-inode',
    remedy: 'the intent ends: there is nothing left that could be settled here; a sync shows what the store has',
    passing: true,
    wrong: (p, id) => {
      const intent = p.c.tree.intents.get(id);
      if (intent?.inode === undefined || p.inodes.get(intent.inode) !== undefined) return undefined;
      return `it is about the inode ${intent.inode}, which does not exist`;
    },
    mend: (p, id) => p.c.committer.commit([endEntry(id)]),
  },
];

export const memoryInvariants: readonly Invariant<'operations'>[] = [
  {
    kind: 'retry-cache',
    remedy: 'restart the master: what it remembers of operations is read anew',
    wrong: (p) => p.c.tree.retries.damage,
  },
];

export const timeInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'time-in-future',
    remedy: 'set the clock of the master right; touch what has such a time, or remove its time to live',
    wrong: (p, id) => {
      const inode = id === ROOT_INODE_ID ? undefined : p.inode(id);
      const latestMs = p.c.clock.nowMs() + FAR_FUTURE_MS;
      return inode !== undefined && inode.creationTimeMs > latestMs
        ? `it was created on ${new Date(Math.min(inode.creationTimeMs, 8.64e15)).toISOString()}`
        : undefined;
    },
  },
];

function hasProperties(properties: { all(): Iterable<readonly [NormalPath, unknown]> }, path: NormalPath): boolean {
  for (const [at] of properties.all()) if (at === path) return true;
  return false;
}

/** Undefined for what is no path. */
function normalOf(path: string): NormalPath | undefined {
  try {
    return normalPath(path);
  } catch (error) {
    if (kindOf(error) === 'invalidArgument') return undefined;
    throw error;
  }
}
