// What a restarted worker believes about a partly cached block: which pages of the file beside it hold what, and of which file of a store
// they are. Written some time after the pages, never before them. Pages are checked against their sums whenever they are read, so
// neither has to be synced. A format for ever: a change takes a new version.
//
//   offset  size  field (little endian)
//        0     4  magic "ALVP"
//        4     2  version, 1
//        6     2  0
//        8     8  block id
//       16     8  length of the block, bytes
//       24     8  mount id
//       32     8  where the block begins in the file of the store
//       40     4  page size, bytes
//       44     4  page count
//       48     4  length of the path, bytes (u)
//       52     4  length of the version of the file, bytes (v)
//       56   u+v  path and version, UTF-8
//            b    page bitmap, one bit a page, b = ceil(page count / 8)
//            4p   CRC-32C of each page, 0 where the page is absent
//             4   CRC-32C of all bytes before
import { fail, type BlockId, type MountId } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { PAGE_BYTES, pageCountOf, type Pages } from '../store/pages.js';
import type { UfsBlock } from '../under/ufs-block.js';

const MAGIC = 0x50564c41;
const VERSION = 1;
const HEAD_BYTES = 56;

export interface PartialSidecar {
  readonly source: UfsBlock;
  /** What the store has to say of the file that the pages are of. */
  readonly version: string;
  readonly pages: Pages;
}

export function encodePartialSidecar({ source, version, pages }: PartialSidecar): Buffer {
  const path = Buffer.from(source.ufsPath);
  const etag = Buffer.from(version);
  const { present, sums } = pages;
  const out = Buffer.alloc(HEAD_BYTES + path.length + etag.length + present.length + 4 * sums.length + 4);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt16LE(VERSION, 4);
  out.writeBigInt64LE(source.id, 8);
  out.writeBigUInt64LE(BigInt(source.length), 16);
  out.writeBigInt64LE(source.mount, 24);
  out.writeBigUInt64LE(BigInt(source.offsetInFile), 32);
  out.writeUInt32LE(PAGE_BYTES, 40);
  out.writeUInt32LE(sums.length, 44);
  out.writeUInt32LE(path.length, 48);
  out.writeUInt32LE(etag.length, 52);
  out.set(path, HEAD_BYTES);
  out.set(etag, HEAD_BYTES + path.length);
  let at = HEAD_BYTES + path.length + etag.length;
  out.set(present, at);
  at += present.length;
  for (let page = 0; page < sums.length; page++) {
    const here = (present[page >> 3]! & (1 << (page & 7))) !== 0;
    at = out.writeUInt32LE(here ? sums[page]! : 0, at);
  }
  out.writeUInt32LE(crc32c(out.subarray(0, at)), at);
  return out;
}

/** Undefined for anything that is not exactly a whole one. Throws `failedPrecondition`, naming `file`, for one of a later version. */
export function decodePartialSidecar(bytes: Buffer, file: string): PartialSidecar | undefined {
  const end = bytes.length - 4;
  if (end < 8 || bytes.readUInt32LE(0) !== MAGIC || crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined;
  const format = bytes.readUInt16LE(4);
  if (format !== VERSION)
    throw fail(
      'failedPrecondition',
      `Cannot read sidecar "${file}": it has format ${format}, which this version of Alluvium does not know (format ${VERSION}); nothing was ` +
        'changed. A later version wrote it: start that version, or remove the folder, which holds copies only',
    );
  if (bytes.length < HEAD_BYTES + 4) return undefined;
  const length = Number(bytes.readBigUInt64LE(16));
  const count = bytes.readUInt32LE(44);
  const pathEnd = HEAD_BYTES + bytes.readUInt32LE(48);
  const bitmapAt = pathEnd + bytes.readUInt32LE(52);
  const sumsAt = bitmapAt + Math.ceil(count / 8);
  if (bytes.readUInt32LE(40) !== PAGE_BYTES || count !== pageCountOf(length) || end !== sumsAt + 4 * count) return undefined;
  const sums = new Uint32Array(count);
  for (let page = 0; page < count; page++) sums[page] = bytes.readUInt32LE(sumsAt + 4 * page);
  return {
    source: {
      id: bytes.readBigInt64LE(8) as BlockId,
      length,
      mount: bytes.readBigInt64LE(24) as MountId,
      ufsPath: bytes.toString('utf8', HEAD_BYTES, pathEnd),
      offsetInFile: Number(bytes.readBigUInt64LE(32)),
    },
    version: bytes.toString('utf8', pathEnd, bitmapAt),
    pages: { pageBytes: PAGE_BYTES, present: Uint8Array.from(bytes.subarray(bitmapAt, sumsAt)), sums },
  };
}
