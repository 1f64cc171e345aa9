// A small read of a block that is here, open and checked: found, read and answered in one synchronous stretch. Everything else, and
// whatever goes wrong here, takes the long way through {@link readBlockHandler}.
import type { BlockId } from '@alluvium/base';
import type { Reply, ServerCall } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { KeptFile } from '../transfer/kept-files.js';
import { chunkOf, type Chunk } from '../transfer/read-codec.js';
import type { ReadDependencies } from './read-block.js';

/** Reading more than this on the calling thread holds up the other readers. */
const MOST_BYTES = 64 * 1024;

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
  if (block === undefined || from >= to || !isChecked(block, from, to)) return undefined;
  const file = d.files.at(block.directory.layout.block(id));
  const reply = file === undefined ? undefined : bytesOf(file, from, to);
  if (reply === undefined) return undefined;
  d.store.use(block);
  if (request.promote === true) d.store.promote(id);
  d.counters.bytesReadFromCache += to - from;
  d.observer.hit(id, to - from, call.caller.user);
  return reply;
}

function isChecked(block: Block, from: number, to: number): boolean {
  const { pageBytes } = block;
  for (let page = Math.floor(from / pageBytes); page * pageBytes < to; page++) if (!block.isChecked(page)) return false;
  return true;
}

function bytesOf(file: KeptFile, from: number, to: number): Reply<Chunk> | undefined {
  const window = file.mapped.window(from, to);
  if (window !== undefined) {
    if (window.bytes.length === to - from) return { message: chunkOf(window.bytes), onSent: () => window.release() };
    window.release();
  }
  const bytes = Buffer.allocUnsafe(to - from);
  try {
    return file.file.readNow?.(bytes, from) === bytes.length ? { message: chunkOf(bytes) } : undefined;
  } catch {
    return undefined;
  }
}
