// As many copies of each block as its file wants, as far as there are workers; and what the workers say of their room is true.
import type { FileStatus } from '@alluvium/client';
import type { SimCluster } from '@alluvium/testkit';
import { untilRight } from './world.js';

const PATIENCE = { withinMs: 2 * 3_600_000, lookMs: 10_000 };

/** Resolves when every file has its copies. `list`: everything that there is. */
export async function replicated(cluster: SimCluster, list: () => Promise<ReadonlyMap<string, FileStatus>>): Promise<void> {
  await untilRight(cluster, PATIENCE, async () => firstWrong(cluster, await list()));
}

function firstWrong({ workers }: SimCluster, files: ReadonlyMap<string, FileStatus>): string | undefined {
  for (const [path, { folder, completed, persisted, replicationMin, replicationMax, blocks }] of files) {
    if (folder || !completed) continue;
    const copies = blocks.map(({ locations }) => new Set(locations.map(({ workerId }) => workerId)).size);
    // What is in no cache and in no store is lost: nobody can copy it.
    if (!persisted && copies.includes(0)) continue;
    const least = Math.min(replicationMin, workers.length);
    const at = copies.findIndex((count) => count < least || (replicationMax > 0 && count > replicationMax));
    if (at >= 0) return `block ${at} of ${path} has ${copies[at]} copies; ${least} to ${replicationMax} wanted`;
  }
  return undefined;
}
