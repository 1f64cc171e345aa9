// The sidecars of a directory in one file, written when a worker stops in order: the next start reads it in place of a million small files.
// It says nothing that the sidecars do not say, and is removed before anything changes: where it is missing or damaged they are read.
//
//   pack    = chunk...
//   chunk   = u32 length of the records, u32 CRC-32C of the records, records   (little endian)
//   records = (u32 length of the sidecar, sidecar)...
import { crc32c, type Disk } from '@alluvium/platform';
import { decodeSidecar, encodeSidecar, type Sidecar } from './sidecar.js';

/** Decoded in one stretch of the event loop: a few milliseconds. A larger record is a chunk of its own. */
const CHUNK_BYTES = 128 << 10;
const HEAD_BYTES = 8;
/** The sidecar of a block of some 250 TB: more is damage. */
const MAX_CHUNK_BYTES = 1 << 30;

/** Durable when it resolves. */
export async function writePack(disk: Disk, path: string, sidecars: Iterable<Sidecar>): Promise<void> {
  const temporary = `${path}.tmp`;
  {
    await using file = await disk.open(temporary, 'write');
    let at = 0;
    let records: Buffer[] = [];
    let length = 0;
    const flush = async (): Promise<void> => {
      if (length === 0) return;
      const chunk = Buffer.concat([Buffer.alloc(HEAD_BYTES), ...records]);
      chunk.writeUInt32LE(length, 0);
      chunk.writeUInt32LE(crc32c(chunk.subarray(HEAD_BYTES)), 4);
      await file.write([chunk], at);
      at += chunk.length;
      records = [];
      length = 0;
    };
    for (const sidecar of sidecars) {
      const encoded = encodeSidecar(sidecar);
      const head = Buffer.alloc(4);
      head.writeUInt32LE(encoded.length);
      records.push(head, encoded);
      length += 4 + encoded.length;
      if (length >= CHUNK_BYTES) await flush();
    }
    await flush();
    await file.sync();
  }
  await disk.rename(temporary, path);
}

/** The sidecars up to the first damage, none where there is no pack. Throws `failedPrecondition` for those of a later version. */
export async function* readPack(disk: Disk, path: string): AsyncGenerator<Sidecar> {
  if ((await disk.stat(path)) === undefined) return;
  await using file = await disk.open(path, 'read');
  const end = await file.length();
  const head = Buffer.alloc(HEAD_BYTES);
  for (let at = 0; at < end;) {
    if ((await file.read(head, at)) !== HEAD_BYTES) return;
    const length = head.readUInt32LE(0);
    if (length > Math.min(MAX_CHUNK_BYTES, end - at - HEAD_BYTES)) return;
    const records = Buffer.allocUnsafe(length);
    if ((await file.read(records, at + HEAD_BYTES)) !== length || crc32c(records) !== head.readUInt32LE(4)) return;
    for (let from = 0; from + 4 <= length;) {
      const to = from + 4 + records.readUInt32LE(from);
      const sidecar = decodeSidecar(records.subarray(from + 4, to), path);
      if (sidecar === undefined) return;
      yield sidecar;
      from = to;
    }
    at += HEAD_BYTES + length;
  }
}
