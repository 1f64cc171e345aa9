// ReadBlock's answers without joining their parts: the payload stays in the views it was received in.
import { methodsOf } from '@alluvium/net';
import type { Codec, Method } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';

/** A piece of a block: `parts` one after the other. */
export interface BlockPiece {
  readonly parts: readonly Uint8Array[];
  readonly lengthBytes: number;
}

const FIELD_1_BYTES = 0x0a;
/** Two tags and two lengths of up to five bytes. */
const LONGEST_HEADER = 12;

const readResponseCodec: Codec<BlockPiece> = {
  encode: ({ parts }) => blockWorker.ReadResponse.encode({ chunk: { data: Buffer.concat(parts) } }).finish(),
  decode: (parts, length) => payloadIn(parts, length) ?? parsed(parts),
};

export const readBlockMethod: Method<blockWorker.ReadRequest, BlockPiece> = {
  ...methodsOf(blockWorker.BlockWorkerDefinition).readBlock,
  response: readResponseCodec,
};

/** The payload of `0A <n> 0A <m> <m bytes>`, which is how workers lay it out; undefined for any other legal layout. */
function payloadIn(parts: readonly Uint8Array[], length: number): BlockPiece | undefined {
  const first = parts[0];
  if (first === undefined) return undefined;
  const head = first.length >= LONGEST_HEADER ? first : Buffer.concat(parts.slice(0, LONGEST_HEADER)).subarray(0, LONGEST_HEADER);
  const outer = lengthAfter(head, 0);
  if (outer === undefined || outer.end + outer.value !== length) return undefined;
  const inner = lengthAfter(head, outer.end);
  if (inner === undefined || inner.end + inner.value !== length) return undefined;
  return { parts: from(parts, inner.end), lengthBytes: inner.value };
}

function lengthAfter(head: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  if (head[at] !== FIELD_1_BYTES) return undefined;
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = head[at + 1 + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + 2 + i };
  }
  return undefined;
}

function from(parts: readonly Uint8Array[], start: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let left = start;
  for (const part of parts) {
    if (left < part.length) out.push(left === 0 ? part : part.subarray(left));
    left = Math.max(0, left - part.length);
  }
  return out;
}

function parsed(parts: readonly Uint8Array[]): BlockPiece {
  const data = blockWorker.ReadResponse.decode(Buffer.concat(parts)).chunk?.data;
  return data === undefined ? { parts: [], lengthBytes: 0 } : { parts: [data], lengthBytes: data.length };
}
