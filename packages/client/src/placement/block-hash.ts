// Hashes of block ids by which clients agree on a worker without talking to each other. The first two are those of Alluxio's Java
// clients, so that both kinds of clients choose alike.
import { createHash } from 'node:crypto';

/** The first four bytes of the MD5 of the id's eight, little-endian, without its sign. */
export function md5OfBlock(blockId: bigint): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, blockId));
  return Math.abs(createHash('md5').update(bytes).digest().readInt32LE(0));
}

const MURMUR_SEED = 104_729n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

/** 64 bits, signed: MurmurHash3 of the eight bytes of `value`, big-endian, in the variant of Apache Commons Codec. */
export function murmur64(value: bigint): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  const k = u64(rotated(u64(bytes.readBigUInt64LE() * C1), 31n) * C2);
  let h = MURMUR_SEED ^ k;
  h = u64(rotated(h, 27n) * 5n + 0x52dce729n);
  h ^= 8n;
  h = u64((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn);
  h = u64((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return BigInt.asIntN(64, h ^ (h >> 33n));
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotated(value: bigint, by: bigint): bigint {
  return u64(value << by) | (value >> (64n - by));
}

/** How well a block and a worker go together: FNV-1a with a last mix, because inputs differ in few characters. 32 bits. */
export function rankOf(blockId: bigint, workerKey: string): number {
  const text = `${blockId}@${workerKey}`;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
