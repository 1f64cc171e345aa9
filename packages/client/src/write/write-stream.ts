import type { WritableFile } from './writable-file.js';

/** A web stream into a file: it takes the next bytes when the file has room; an aborted or failed one removes the file. */
export function writeStream(file: WritableFile): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (bytes) => file.write(bytes),
    close: () => file.close(),
    abort: () => file.abort(),
  });
}
