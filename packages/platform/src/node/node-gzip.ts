import { Readable, type Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { Gzip } from '../gzip.js';

const PIECE_BYTES = 64 * 1024;
/** Journal entries repeat themselves so much that more effort hardly makes them smaller. */
const LEVEL = 3;

/** zlib, in the threads of the runtime. */
export const nodeGzip: Gzip = {
  compress: (pieces) => through(pieces, createGzip({ level: LEVEL, chunkSize: PIECE_BYTES })),
  expand: (pieces) => through(pieces, createGunzip({ chunkSize: PIECE_BYTES })),
};

async function* through(pieces: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Buffer> {
  const source = Readable.from(pieces, { objectMode: true });
  // What a piece's maker throws goes to whoever takes what becomes of it.
  source.on('error', (error) => transform.destroy(error));
  source.pipe(transform);
  try {
    for await (const piece of transform) yield piece as Buffer;
  } catch (error) {
    throw error instanceof AlluviumError ? error : meaning(error);
  } finally {
    source.destroy();
    transform.destroy();
  }
}

function meaning(error: unknown): unknown {
  const { code } = error as { readonly code?: string };
  if (code === 'Z_BUF_ERROR') return fail('dataLoss', 'it is cut off', error);
  if (code !== 'Z_DATA_ERROR') return error;
  return messageOf(error).includes('header') ? fail('invalidArgument', 'it is not gzip', error) : fail('dataLoss', 'it is damaged', error);
}
