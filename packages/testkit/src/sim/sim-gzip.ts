import { gunzipSync, gzipSync } from 'node:zlib';
import { fail, messageOf } from '@alluvium/base';
import type { Gzip } from '@alluvium/platform';

const PIECE_BYTES = 64 * 1024;

/** Real gzip without threads, whose timing no seed could repeat: all at once, in memory. */
export const simGzip: Gzip = {
  compress: (pieces) => inPieces(pieces, (bytes) => gzipSync(bytes, { level: 1 })),
  expand: (pieces) => inPieces(pieces, gunzip),
};

async function* inPieces(pieces: AsyncIterable<Uint8Array>, work: (bytes: Buffer) => Buffer): AsyncGenerator<Buffer> {
  const taken: Uint8Array[] = [];
  for await (const piece of pieces) taken.push(piece);
  const made = work(Buffer.concat(taken));
  for (let at = 0; at < made.length; at += PIECE_BYTES) yield made.subarray(at, at + PIECE_BYTES);
}

function gunzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    const noGzip = bytes.length > 2 && bytes.readUInt16BE() !== 0x1f8b;
    throw fail(noGzip ? 'invalidArgument' : 'dataLoss', messageOf(error), error);
  }
}
