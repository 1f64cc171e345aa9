// A read straight from the under store: positioned reads, NO_CACHE, and what the cache has no room for.
import { ufsReadError, type UfsBlock } from '../under/ufs-block.js';
import type { ChunkSender } from './chunk-sender.js';
import type { ReadDependencies } from './read-block.js';

/** Sends `[from, end)` of the block, fewer bytes when the file ends before. The store's parts are passed on uncopied. */
export async function sendUncached(d: ReadDependencies, out: ChunkSender, block: UfsBlock, from: number, end: number): Promise<void> {
  if (from >= end) return;
  const abort = new AbortController();
  let read = 0;
  try {
    using lease = await d.mounts.lease(block.mount);
    const parts = lease.store.read(lease.relative(block.ufsPath), {
      offset: block.offsetInFile + from,
      length: end - from,
      signal: abort.signal,
    });
    let chunk: Uint8Array[] = [];
    let length = 0;
    for await (const part of parts) {
      read += part.length;
      d.counters.readFromUfs(lease.store.uri, part.length);
      for (let at = 0; at < part.length;) {
        const piece = part.subarray(at, at + out.chunkBytes - length);
        chunk.push(piece);
        length += piece.length;
        at += piece.length;
        if (length < out.chunkBytes) continue;
        await out.sendParts(chunk, length);
        chunk = [];
        length = 0;
      }
      if (out.hasEnded) return;
    }
    if (length > 0) await out.sendParts(chunk, length);
  } catch (error) {
    throw ufsReadError(block, from + read, error);
  } finally {
    abort.abort();
  }
}
