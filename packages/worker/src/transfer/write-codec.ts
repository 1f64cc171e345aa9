// WriteRequest off the wire: the payload of a chunk stays in the views it was received in.
import { methodsOf, type Codec, type Method } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { chunkOf, payloadIn, type Chunk } from './read-codec.js';

/** Exactly one of the two; neither for an empty message. */
export interface WriteMessage {
  readonly command?: blockWorker.WriteRequestCommand;
  readonly chunk?: Chunk;
}

const FIELD_2_BYTES = 0x12;

export const writeRequestCodec: Codec<WriteMessage> = {
  encode({ command, chunk }) {
    const data = chunk === undefined ? undefined : { data: Buffer.concat(chunk.parts) };
    return blockWorker.WriteRequest.encode({ command, chunk: data }).finish();
  },

  decode(parts, length) {
    if (length === 0) return {};
    const chunk = payloadIn(parts, length, FIELD_2_BYTES);
    if (chunk !== undefined) return { chunk };
    const message = blockWorker.WriteRequest.decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (message.command !== undefined) return { command: message.command };
    return message.chunk === undefined ? {} : { chunk: chunkOf(message.chunk.data ?? Buffer.alloc(0)) };
  },
};

export const writeBlockMethod: Method<WriteMessage, blockWorker.WriteResponse> = {
  ...methodsOf(blockWorker.BlockWorkerDefinition).writeBlock,
  request: writeRequestCodec,
};
