// ReadResponse on the wire without copying its payload. Java's zero-copy parser accepts exactly
// `0A <n> 0A <m> <m bytes>`, so that is what is sent, header and payload as separate views.
import { fail } from '@alluvium/base';
import { methodsOf, type Codec, type Method } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { readVarint, varintBytes, writeVarint } from './varint.js';

/** A piece of a block: `parts` one after the other. */
export interface Chunk {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

const FIELD_1_BYTES = 0x0a;

export function chunkOf(bytes: Uint8Array): Chunk {
  return { parts: [bytes], length: bytes.length };
}

export const readResponseCodec: Codec<Chunk> = {
  encode({ parts, length }) {
    const inner = 1 + varintBytes(length) + length;
    const header = Buffer.allocUnsafe(1 + varintBytes(inner) + inner - length);
    header[0] = FIELD_1_BYTES;
    const at = writeVarint(header, 1, inner);
    header[at] = FIELD_1_BYTES;
    writeVarint(header, at + 1, length);
    return [header, ...parts];
  },

  /** Other servers may lay the message out in any legal way; then it is parsed by the book. */
  decode(parts, length) {
    const data = payloadIn(parts, length, FIELD_1_BYTES);
    if (data !== undefined) return data;
    const message = blockWorker.ReadResponse.decode(Buffer.concat(parts));
    return chunkOf(message.chunk?.data ?? Buffer.alloc(0));
  },
};

export const readBlockMethod: Method<blockWorker.ReadRequest, Chunk> = {
  ...methodsOf(blockWorker.BlockWorkerDefinition).readBlock,
  response: readResponseCodec,
};

const LONGEST_HEADER = 22;

/**
 * The views that hold the payload of `<tag> <n> 0A <m> <m bytes>`, or undefined when the message is laid out otherwise.
 */
export function payloadIn(parts: readonly Uint8Array[], length: number, tag: number): Chunk | undefined {
  const head = headOf(parts);
  if (head[0] !== tag) return undefined;
  const outer = readVarint(head, 1);
  if (outer === undefined || outer.end + outer.value !== length || head[outer.end] !== FIELD_1_BYTES) return undefined;
  const inner = readVarint(head, outer.end + 1);
  if (inner === undefined || inner.end + inner.value !== length) return undefined;
  return { parts: skip(parts, inner.end), length: inner.value };
}

function headOf(parts: readonly Uint8Array[]): Uint8Array {
  const first = parts[0];
  if (first === undefined) throw fail('invalidArgument', 'Cannot read a message of no parts');
  return first.length >= LONGEST_HEADER || parts.length === 1
    ? first
    : Buffer.concat(parts.slice(0, LONGEST_HEADER + 1)).subarray(0, LONGEST_HEADER);
}

function skip(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let left = bytes;
  for (const part of parts) {
    if (left < part.length) out.push(left === 0 ? part : part.subarray(left));
    left = Math.max(0, left - part.length);
  }
  return out;
}
