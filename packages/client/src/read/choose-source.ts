import { shuffled } from '../placement/by-chance.js';
import type { Workers } from '../worker/workers.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { OpenBlock, OpenBlocks } from './open-blocks.js';

/**
 * The workers to read a block from, best first: those that have a copy, nearest first and equals by chance, then, if it is in the
 * under store, the others as the policy has it.
 */
export async function sourcesOf(
  blocks: OpenBlocks,
  block: OpenBlock,
  workers: Workers,
  signal: AbortSignal | undefined,
): Promise<WorkerTarget[]> {
  const { locality, policies, random, list } = workers;
  const { settings } = blocks;
  const locations = blocks.locations(block);
  await locality.learn(locations, settings);
  const copies = shuffled(locations, random).sort((a, b) => locality.distance(a, settings) - locality.distance(b, settings));
  if (!blocks.inUnderStore) return copies;
  const listed = new Set(copies.map(({ key }) => key));
  const live = (await list.get(signal)).filter(({ key }) => !listed.has(key));
  const others = await policies.order('read', settings, live, { id: block.blockId, lengthBytes: block.lengthBytes });
  return [...copies, ...others];
}
