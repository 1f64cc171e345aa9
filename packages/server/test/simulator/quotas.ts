// Quotas of the cache on what the programs work in, for one run of three; in the end no more is kept than they allow.
import type { FileStatus } from '@alluvium/client';
import { configurationMethods } from '@alluvium/client/master/services.js';
import type { SimCluster } from '@alluvium/testkit';
import { untilRight, type Program } from './world.js';

const PATIENCE = { withinMs: 2 * 3_600_000, lookMs: 10_000 };

interface Quota {
  readonly path: string;
  readonly properties: Readonly<Record<string, string>>;
  /** On all workers. */
  readonly bytes: (workers: number) => number;
}

const QUOTAS: readonly Quota[] = [
  { path: '/program-0', properties: { 'alluvium.cache.quota': '12000', 'alluvium.cache.priority': 'low' }, bytes: () => 12_000 },
  { path: '/mount-0', properties: { 'alluvium.cache.quota.per.worker': '6000' }, bytes: (workers) => 6000 * workers },
  { path: '/mount-1', properties: { 'alluvium.cache.quota': '0', 'alluvium.cache.priority': 'high' }, bytes: () => 0 },
];

export function hasQuotas(seed: number): boolean {
  return seed % 3 === 1;
}

export async function setQuotas(program: Program): Promise<void> {
  for (const { path, properties } of QUOTAS)
    await program.ask(`quota of ${path}`, (_, master) => master.unary(configurationMethods.setPathConfiguration, { path, properties }));
}

/** Resolves when what may go is within its quota. `list`: everything that there is. */
export async function withinQuotas(cluster: SimCluster, list: () => Promise<ReadonlyMap<string, FileStatus>>): Promise<void> {
  await untilRight(cluster, PATIENCE, async () => firstWrong(cluster, await list()));
}

/** A worker that keeps more than its share keeps nothing that may go, so what may go is no more than the shares of all. */
function firstWrong({ workers }: SimCluster, files: ReadonlyMap<string, FileStatus>): string | undefined {
  for (const { path, bytes } of QUOTAS) {
    let kept = 0n;
    for (const [at, { folder, persisted, pinned, blocks }] of files) {
      if (folder || !persisted || pinned || !at.startsWith(`${path}/`)) continue;
      for (const { lengthBytes, locations } of blocks) kept += lengthBytes * BigInt(locations.length);
    }
    if (kept > bytes(workers.length)) return `${kept} bytes of ${path} are cached; at most ${bytes(workers.length)} wanted`;
  }
  return undefined;
}
