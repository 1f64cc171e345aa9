// What the master says of where copies are is what the workers have on their disks, and of each the other way round.
import type { FileStatus } from '@alluvium/client';
import type { SimCluster } from '@alluvium/testkit';
import { untilRight } from './world.js';

/** Of the first worker; the others count up from there. */
const FIRST_PORT = 30000;
const PATIENCE = { withinMs: 600_000, lookMs: 1000 };
const BLOCK_FILE = /^\/tier\/(?:[^/]+\/)?alluxioworker\/(\d+)$/;

/** Resolves when both say the same. `list`: everything that there is. */
export async function locatedAsKept(cluster: SimCluster, list: () => Promise<ReadonlyMap<string, FileStatus>>): Promise<void> {
  await untilRight(cluster, PATIENCE, async () => firstWrong(cluster, await list()));
}

function firstWrong({ workers }: SimCluster, files: ReadonlyMap<string, FileStatus>): string | undefined {
  const kept = workers.map(({ disk }) => new Set(disk.paths().flatMap((path) => BLOCK_FILE.exec(path)?.[1] ?? [])));
  for (const [path, { blocks }] of files) {
    for (const { blockId, locations } of blocks) {
      const told = new Set(locations.map(({ rpcPort }) => rpcPort - FIRST_PORT));
      for (const [at, { name }] of workers.entries()) {
        const isKept = kept[at]!.has(String(blockId));
        if (isKept && !told.has(at)) return `block ${blockId} of ${path} is on ${name}, and the master does not know`;
        if (!isKept && told.has(at)) return `block ${blockId} of ${path} is not on ${name}, as the master believes`;
      }
    }
  }
  return undefined;
}
