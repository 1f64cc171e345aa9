// Bytes straight from the under store: NO_CACHE, what the cache has no room for, and a few bytes that nobody asks for twice.
import { kindOf } from '@alluvium/base';
import type { FileVersion } from '../partial/file-versions.js';
import { FileReplaced } from '../partial/page-reader.js';
import { ufsReadError, type UfsBlock } from '../under/ufs-block.js';
import type { ChunkSender } from './chunk-sender.js';
import type { ReadDependencies } from './read-block.js';

interface UncachedRange {
  readonly block: UfsBlock;
  readonly from: number;
  readonly end: number;
}

/**
 * Sends `[from, end)` of the block in one request, fewer bytes when the file ends before. The store's parts are passed on uncopied.
 * Throws {@link FileReplaced} when the file is no longer of that version.
 */
export async function sendUncached(d: ReadDependencies, out: ChunkSender, range: UncachedRange, version: FileVersion): Promise<void> {
  const { block, from, end } = range;
  if (from >= end) return;
  const abort = new AbortController();
  let read = 0;
  try {
    using lease = await d.mounts.lease(block.mount);
    const parts = lease.store.read(lease.relative(block.ufsPath), {
      offset: block.offsetInFile + from,
      length: end - from,
      signal: abort.signal,
      ...(version.tag === undefined ? {} : { ifMatch: version.tag }),
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
    throw kindOf(error) === 'aborted' ? new FileReplaced() : ufsReadError(block, from + read, error);
  } finally {
    abort.abort();
  }
}
