// Ids as 8 bytes, the highest first, without the arithmetic of big integers.
const id64 = new BigInt64Array(1);
const id32 = new Uint32Array(id64.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

export const ID_BYTES = 8;

export function writeId(into: Buffer, at: number, id: bigint): void {
  id64[0] = id;
  into.writeUInt32BE(id32[HIGH]!, at);
  into.writeUInt32BE(id32[LOW]!, at + 4);
}

export function readId(from: Buffer, at: number): bigint {
  id32[HIGH] = from.readUInt32BE(at);
  id32[LOW] = from.readUInt32BE(at + 4);
  return id64[0]!;
}

/** 32 bits that differ for neighbours, of files (which differ in the upper bits), directories and blocks. */
export function hashOfId(id: bigint): number {
  id64[0] = id;
  const mixed = Math.imul(id32[LOW]! ^ Math.imul(id32[HIGH]!, 0x85ebca6b) ^ (id32[LOW]! >>> 24), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
