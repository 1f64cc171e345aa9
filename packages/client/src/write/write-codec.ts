// WriteBlock's requests: a chunk goes out as a short header and the caller's view, without a copy.
import { methodsOf } from '@alluvium/net';
import type { Codec, Method } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';

/** One of the two: the protocol never mixes them. */
export type WriteMessage = { readonly command: blockWorker.WriteRequestCommand } | { readonly chunk: Uint8Array };

const CHUNK_FIELD = 0x12;
const DATA_FIELD = 0x0a;

const writeRequestCodec: Codec<WriteMessage> = {
  encode(message) {
    if ('command' in message) return blockWorker.WriteRequest.encode({ command: message.command }).finish();
    const { chunk } = message;
    const inner = [DATA_FIELD, ...varint(chunk.length)];
    return [Uint8Array.of(CHUNK_FIELD, ...varint(inner.length + chunk.length), ...inner), chunk];
  },
  decode(parts) {
    const { command, chunk } = blockWorker.WriteRequest.decode(Buffer.concat(parts));
    return command === undefined ? { chunk: chunk?.data ?? new Uint8Array(0) } : { command };
  },
};

export const writeBlockMethod: Method<WriteMessage, blockWorker.WriteResponse> = {
  ...methodsOf(blockWorker.BlockWorkerDefinition).writeBlock,
  request: writeRequestCodec,
};

function varint(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...out, rest];
    out.push((rest & 0x7f) | 0x80);
  }
}
