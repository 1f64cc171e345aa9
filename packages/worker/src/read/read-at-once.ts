// A small read of a block that is here and open: found, read, checked and answered in one synchronous stretch. Everything else, and
// whatever goes wrong here, takes the long way through {@link readBlockHandler}.
import type { BlockId } from '@alluvium/base';
import type { Reply, ServerCall } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { KeptFile } from '../transfer/kept-files.js';
import { chunkOf, type Chunk } from '../transfer/read-codec.js';
import { goodBytes } from './checked-window.js';
import type { ReadDependencies } from './read-block.js';

/** Reading more than this on the calling thread holds up the other readers. */
const MOST_BYTES = 64 * 1024;

/** Where whole pages are read to and summed before the wanted part leaves. Used by one read at a time, which awaits nothing. */
let scratch = Buffer.alloc(0);

export function readAtOnce(
  d: Pick<ReadDependencies, 'store' | 'files' | 'counters' | 'observer'>,
  request: blockWorker.ReadRequest,
  call: Pick<ServerCall, 'caller'>,
): Reply<Chunk> | undefined {
  const length = Number(request.length ?? 0n);
  const from = Number(request.offset ?? 0n);
  if (length <= 0 || length > MOST_BYTES || from < 0 || request.offsetReceived !== undefined) return undefined;
  const asked = Number(request.chunkSize ?? 0n);
  if (asked > 0 && asked < length) return undefined;
  const id = (request.blockId ?? -1n) as BlockId;
  const block = d.store.get(id);
  const to = Math.min(from + length, block?.length ?? 0);
  if (block === undefined || from >= to) return undefined;
  const file = d.files.at(block.directory.layout.block(id));
  const bytes = file === undefined ? undefined : checkedBytes(block, file, from, to);
  if (bytes === undefined) return undefined;
  d.store.use(block);
  if (request.promote === true) d.store.promote(id);
  d.counters.bytesReadFromCache += bytes.length;
  d.observer.hit(id, bytes.length, call.caller.user);
  return { message: chunkOf(bytes) };
}

/** Undefined where the file is not in memory, or a page is not what was stored. */
function checkedBytes(block: Block, { file }: KeptFile, from: number, to: number): Buffer | undefined {
  const { pageBytes } = block;
  const first = Math.floor(from / pageBytes);
  const start = first * pageBytes;
  const size = Math.min(Math.ceil(to / pageBytes) * pageBytes, block.length) - start;
  if (size > 2 * MOST_BYTES) return undefined;
  if (scratch.length === 0) scratch = Buffer.allocUnsafeSlow(2 * MOST_BYTES);
  const pages = scratch.subarray(0, size);
  try {
    if (file.readNow?.(pages, start) !== size || goodBytes(block, first, pages) !== size) return undefined;
  } catch {
    return undefined;
  }
  const bytes = Buffer.allocUnsafe(to - from);
  pages.copy(bytes, 0, from - start);
  return bytes;
}
