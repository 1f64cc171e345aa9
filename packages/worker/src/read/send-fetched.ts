// A read that shares the fetch of its block with the cache and with other readers.
import { openWindow } from '../transfer/window.js';
import type { FetchReader } from '../under/block-fetch.js';
import type { UfsBlock } from '../under/ufs-block.js';
import type { ChunkSender } from './chunk-sender.js';
import type { ReadDependencies } from './read-block.js';

/** Sends `[from, end)` as it arrives. True when the read is over, false when the rest is to be read past the cache. */
export async function sendFetched(
  d: ReadDependencies,
  out: ChunkSender,
  block: UfsBlock,
  from: number,
  end: number,
  noCache: boolean,
): Promise<boolean> {
  if (from >= end) return true;
  const wholeBlock = from === 0 && end === block.length && !noCache;
  const reader = wholeBlock ? await d.fetches.join(block) : await d.fetches.joinRunning(block.id, from);
  if (reader === undefined) return false;
  try {
    return await follow(d, out, reader, from, end);
  } finally {
    reader.leave();
  }
}

async function follow(d: ReadDependencies, out: ChunkSender, reader: FetchReader, from: number, end: number): Promise<boolean> {
  const before = out.sent;
  for (let position = from; position < end && !out.hasEnded; position = from + out.sent - before) {
    const { bytes, outcome } = await reader.available(position);
    if (bytes <= position) return outcome?.kind === 'short';
    await out.sendWindow(await openWindow(reader.file, position, Math.min(bytes, end) - position, d.pool));
  }
  // What is asked next finds the block cached, and the master knows it.
  if (from === 0 && !out.hasEnded) await reader.done;
  return true;
}
