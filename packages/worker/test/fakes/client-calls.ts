import type { RpcChannel } from '@alluvium/net';
import { blockWorker, type dataserver } from '@alluvium/wire';
import { chunkOf, readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { writeBlockMethod } from '@alluvium/worker/transfer/write-codec.js';

/** Bytes that differ from page to page and from byte to byte. */
export function patterned(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length);
  let x = seed * 2654435761;
  for (let at = 0; at < length; at++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    out[at] = x >>> 24;
  }
  return out;
}

export async function writeBlock(
  channel: RpcChannel,
  id: bigint,
  bytes: Buffer,
  command: blockWorker.WriteRequestCommand = {},
): Promise<void> {
  const stream = channel.stream(writeBlockMethod);
  await stream.write({
    command: { type: blockWorker.RequestType.ALLUXIO_BLOCK, id, tier: 0, spaceToReserve: BigInt(bytes.length), ...command },
  });
  for (let at = 0; at < bytes.length; at += 1 << 20)
    await stream.write({ chunk: chunkOf(bytes.subarray(at, at + (1 << 20))) }).catch(() => undefined);
  stream.end();
  while ((await stream.read()) !== undefined);
}

export interface Read {
  readonly offset?: number;
  readonly length: number;
  readonly chunkSize?: number;
  readonly ufs?: dataserver.OpenUfsBlockOptions;
  readonly positionShort?: boolean;
  readonly promote?: boolean;
}

export async function readBlock(channel: RpcChannel, id: bigint, read: Read): Promise<Buffer> {
  return Buffer.concat(await readChunks(channel, id, read));
}

export async function readChunks(channel: RpcChannel, id: bigint, read: Read): Promise<Buffer[]> {
  const stream = channel.stream(readBlockMethod);
  const { offset = 0, length, chunkSize, ufs, positionShort, promote } = read;
  await stream.write({
    blockId: id,
    offset: BigInt(offset),
    length: BigInt(length),
    openUfsBlockOptions: ufs ?? {},
    ...(chunkSize === undefined ? {} : { chunkSize: BigInt(chunkSize) }),
    ...(positionShort === undefined ? {} : { positionShort }),
    ...(promote === undefined ? {} : { promote }),
  });
  const out: Buffer[] = [];
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) out.push(Buffer.concat(chunk.parts));
  return out;
}

export function ufsOptions(path: string, blockSize: number, offsetInFile = 0): dataserver.OpenUfsBlockOptions {
  return { ufsPath: `mem://bucket/${path}`, offsetInFile: BigInt(offsetInFile), blockSize: BigInt(blockSize), mountId: 1n, noCache: false };
}
