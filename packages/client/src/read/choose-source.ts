import type { Random } from '@alluvium/base';
import type { Workers } from '../worker/workers.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { OpenBlock, OpenBlocks } from './open-blocks.js';

/**
 * The workers to read a block from, best first: those that have a copy, then, if it is in the under store, the others.
 * Each time the one on this host goes first. Copies are taken by chance; a block that nobody has always by the same
 * worker, whoever asks, so that it is cached once.
 */
export async function sourcesOf(
  blocks: OpenBlocks,
  block: OpenBlock,
  workers: Workers,
  signal: AbortSignal | undefined,
): Promise<WorkerTarget[]> {
  const { localHost, random } = workers;
  const copies = localFirst(shuffled(blocks.locations(block), random), localHost);
  if (!blocks.inUnderStore) return copies;
  const listed = new Set(copies.map(({ key }) => key));
  const live = (await workers.list.get(signal)).filter(({ key }) => !listed.has(key));
  return [...copies, ...localFirst(byRank(live, block.blockId), localHost)];
}

function localFirst(workers: readonly WorkerTarget[], localHost: string | undefined): WorkerTarget[] {
  if (localHost === undefined) return [...workers];
  return [...workers.filter(({ host }) => host === localHost), ...workers.filter(({ host }) => host !== localHost)];
}

function shuffled(workers: readonly WorkerTarget[], random: Random): WorkerTarget[] {
  return workers
    .map((worker) => ({ worker, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ worker }) => worker);
}

/** Highest hash of worker and block first: a worker that comes or goes moves only its own blocks. */
function byRank(workers: readonly WorkerTarget[], blockId: bigint): WorkerTarget[] {
  return workers
    .map((worker) => ({ worker, rank: hash(`${blockId}@${worker.key}`) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ worker }) => worker);
}

/** FNV-1a with a last mix, because inputs differ in few characters. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
