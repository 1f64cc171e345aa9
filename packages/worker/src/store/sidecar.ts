// The sidecar of a block file: what a restarted worker believes about the bytes beside it. A format for ever: a change
// takes a new version, and every released version stays readable. Magic, version and flags at the front and the CRC-32C of all that
// is before it at the end stay where they are in every version, so that a later one is told from a damaged one.
//
//   offset  size  field (little endian)
//        0     4  magic "ALVB"
//        4     2  version: 2, or 1 where pages are 1 MiB
//        6     2  flags; bit 0: pinned by its writer
//        8     8  block id
//       16     8  length of the block, bytes
//       24     8  generation
//       32     4  page size, bytes
//       36     4  page count
//       40     b  page bitmap, one bit a page, b = ceil(page count / 8)
//     40+b    4p  CRC-32C of each page, 0 where the page is absent
//  40+b+4p     4  CRC-32C of all bytes before
import { fail, type BlockId } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { LARGE_PAGE_BYTES, PAGE_BYTES, pageCountOf, type Pages } from './pages.js';

const MAGIC = 0x42564c41;
const VERSION = 2;
/** By version, the size of its pages. */
const VERSIONS: ReadonlyMap<number, number> = new Map([
  [1, LARGE_PAGE_BYTES],
  [VERSION, PAGE_BYTES],
]);
const HEAD_BYTES = 40;
const PINNED = 1;

export interface Sidecar {
  readonly blockId: BlockId;
  readonly length: number;
  readonly generation: bigint;
  /** The writer asked that the block be kept until its file is persisted. */
  readonly pinned: boolean;
  readonly pages: Pages;
}

export function encodeSidecar(sidecar: Sidecar): Buffer {
  const { pageBytes, present, sums } = sidecar.pages;
  const out = Buffer.alloc(HEAD_BYTES + present.length + 4 * sums.length + 4);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt16LE(pageBytes === LARGE_PAGE_BYTES ? 1 : VERSION, 4);
  out.writeUInt16LE(sidecar.pinned ? PINNED : 0, 6);
  out.writeBigInt64LE(sidecar.blockId, 8);
  out.writeBigUInt64LE(BigInt(sidecar.length), 16);
  out.writeBigUInt64LE(sidecar.generation, 24);
  out.writeUInt32LE(pageBytes, 32);
  out.writeUInt32LE(sums.length, 36);
  out.set(present, HEAD_BYTES);
  let at = HEAD_BYTES + present.length;
  for (const sum of sums) at = out.writeUInt32LE(sum, at);
  out.writeUInt32LE(crc32c(out.subarray(0, at)), at);
  return out;
}

/** Undefined for anything that is not exactly a whole sidecar. Throws `failedPrecondition`, naming `file`, for one of a later version. */
export function decodeSidecar(bytes: Buffer, file: string): Sidecar | undefined {
  const end = bytes.length - 4;
  if (end < 8 || bytes.readUInt32LE(0) !== MAGIC || crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined;
  const pageBytes = requireKnown(file, bytes.readUInt16LE(4), bytes.readUInt16LE(6));
  if (bytes.length < HEAD_BYTES + 4) return undefined;
  const length = Number(bytes.readBigUInt64LE(16));
  const count = bytes.readUInt32LE(36);
  const bitmapBytes = Math.ceil(count / 8);
  if (bytes.readUInt32LE(32) !== pageBytes || count !== pageCountOf(length, pageBytes) || end !== HEAD_BYTES + bitmapBytes + 4 * count)
    return undefined;
  const sums = new Uint32Array(count);
  for (let page = 0; page < count; page++) sums[page] = bytes.readUInt32LE(HEAD_BYTES + bitmapBytes + 4 * page);
  return {
    blockId: bytes.readBigInt64LE(8) as BlockId,
    length,
    generation: bytes.readBigUInt64LE(24),
    pinned: (bytes.readUInt16LE(6) & PINNED) !== 0,
    pages: { pageBytes, present: Uint8Array.from(bytes.subarray(HEAD_BYTES, HEAD_BYTES + bitmapBytes)), sums },
  };
}

/** The size of the pages. */
function requireKnown(file: string, version: number, flags: number): number {
  const pageBytes = VERSIONS.get(version);
  if (pageBytes !== undefined && (flags & ~PINNED) === 0) return pageBytes;
  throw fail(
    'failedPrecondition',
    `Cannot read sidecar "${file}": it has format ${version}, flags ${flags}, which this version of Alluvium does not know (format ${VERSION}, ` +
      `flags ${PINNED}); nothing was changed. A later version wrote it: start that version, or, when no block is needed any more, remove the blocks`,
  );
}
