// ReadBlock: cached blocks from their file, others page by page from the cache and the under store. Sequence and errors as Alluxio 2.9.4's worker has them, without its hangs.
import { fail, type BlockId, type Clock } from '@alluvium/base';
import type { StreamHandler } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import type { blockWorker } from '@alluvium/wire';
import type { Counters } from '../counters.js';
import type { ReadObserver } from '../policy/read-observer.js';
import type { PageRepair } from '../scrub/page-repair.js';
import type { BlockStore } from '../store/block-store.js';
import type { KeptFiles } from '../transfer/kept-files.js';
import type { PagePool } from '../transfer/page-pool.js';
import type { Chunk } from '../transfer/read-codec.js';
import type { Fetches } from '../under/fetches.js';
import type { Mounts } from '../under/mounts.js';
import { ufsBlockOf, type UfsBlock } from '../under/ufs-block.js';
import { PageDamaged } from './checked-window.js';
import { mendedWindow } from './mended-window.js';
import { ChunkSender } from './chunk-sender.js';
import { sendFetched } from './send-fetched.js';

export interface ReadDependencies {
  readonly clock: Clock;
  readonly store: BlockStore;
  readonly fetches: Fetches;
  readonly mounts: Mounts;
  readonly pool: PagePool;
  /** The files that `store` reads from. */
  readonly files: KeptFiles;
  readonly repair: PageRepair;
  readonly counters: Counters;
  readonly observer: ReadObserver;
  readonly log: Logger;
  /** Reads at a time; more are refused with `resourceExhausted`. */
  readonly maxReads: number;
}

const DEFAULT_CHUNK_BYTES = 1 << 20;
const MAX_CHUNK_BYTES = 1 << 20;
/** A block that comes and goes while it is read is read past the cache in the end. */
const MAX_ROUNDS = 3;

interface ReadRange {
  readonly id: BlockId;
  readonly offset: number;
  readonly end: number;
  readonly chunkBytes: number;
}

export function readBlockHandler(d: ReadDependencies): StreamHandler<blockWorker.ReadRequest, Chunk> {
  let reads = 0;
  return async (stream) => {
    const request = await stream.read();
    if (request === undefined) return;
    const range = rangeOf(request);
    if (reads >= d.maxReads) throw fail('resourceExhausted', 'Failed to create a new data reader');
    reads++;
    try {
      const out = new ChunkSender(stream, range.chunkBytes);
      await serve(d, out, request, range).finally(() => out.tally.tell(d.observer, range.id, out.sent, out.user));
    } finally {
      reads--;
    }
  };
}

async function serve(d: ReadDependencies, out: ChunkSender, request: blockWorker.ReadRequest, range: ReadRange): Promise<void> {
  const block = ufsBlockOf(range.id, request.openUfsBlockOptions);
  if (request.promote === true) d.store.promote(range.id);
  for (let rounds = 0; ; rounds++) {
    if ((d.store.has(range.id) || block === undefined) && (await sendCached(d, out, range, block))) return;
    if (block === undefined || out.hasEnded) return;
    const from = range.offset + out.sent;
    const noCache = request.openUfsBlockOptions?.noCache === true || rounds > MAX_ROUNDS;
    const end = Math.min(range.end, block.length);
    if (await sendFetched(d, out, { block, from, end, noCache, positionShort: request.positionShort === true })) return;
  }
}

/**
 * True when the read is served, false when it goes on from the under store because a page is damaged for good or the block went away
 * before its first byte. Without an under store these are errors.
 */
async function sendCached(d: ReadDependencies, out: ChunkSender, range: ReadRange, block: UfsBlock | undefined): Promise<boolean> {
  const reader = block === undefined || d.store.has(range.id) ? await openCached(d, range.id, block) : undefined;
  if (reader === undefined) return false;
  try {
    const end = Math.min(range.end, reader.block.length);
    if (range.offset >= end) await out.sendParts([], 0);
    for (let from = range.offset + out.sent; from < end && !out.hasEnded; from = range.offset + out.sent) {
      const window = await mendedWindow(d, reader, from, end);
      d.counters.bytesReadFromCache += window.bytes.length;
      out.tally.cacheBytes += window.bytes.length;
      await out.sendWindow(window);
    }
    return true;
  } catch (error) {
    if (!(error instanceof PageDamaged)) throw error;
    if (block === undefined)
      throw fail('dataLoss', `Cannot read block ${range.id}: page ${error.page} is damaged, and there is no other copy of it`, error);
    return false;
  } finally {
    reader.close();
  }
}

async function openCached(d: ReadDependencies, id: BlockId, block: UfsBlock | undefined) {
  try {
    return await d.store.read(id);
  } catch (error) {
    if (block === undefined) throw error;
    return undefined;
  }
}

/** Throws `invalidArgument` with Alluxio's texts. */
function rangeOf(request: blockWorker.ReadRequest): ReadRange {
  if (request.offsetReceived !== undefined)
    throw fail('invalidArgument', 'Cannot read: the first message of the stream is an acknowledgement');
  const id = request.blockId ?? 0n;
  const offset = request.offset ?? 0n;
  const length = request.length ?? 0n;
  if (id < 0n) throw fail('invalidArgument', `Invalid blockId (${id}) in read request.`);
  if (offset < 0n || length <= 0n)
    throw fail('invalidArgument', `Invalid read bounds in read request block_id: ${id} offset: ${offset} length: ${length}.`);
  const asked = Number(request.chunkSize ?? 0n);
  return {
    id: id as BlockId,
    offset: Number(offset),
    end: Number(offset + length),
    chunkBytes: Math.min(asked > 0 ? asked : DEFAULT_CHUNK_BYTES, MAX_CHUNK_BYTES),
  };
}
