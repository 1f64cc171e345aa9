import type { FileStatus } from '../file-status.js';
import type { Cancellable } from '../file-system.js';

export interface ReadRange extends Cancellable {
  /** First byte, 0 unless told. */
  readonly offset?: bigint;
  /** Bytes at most; to the end unless told. */
  readonly length?: bigint;
}

/** An open file. Reads are independent of each other and may overlap. */
export interface ReadableFile {
  /** As it was when the file was opened. */
  readonly status: FileStatus;
  /** Fills `into` from `offset`; answers how many bytes there were: less than `into.length` only at the end of the file. */
  readAt(offset: bigint, into: Uint8Array, options?: Cancellable): Promise<number>;
  /** The bytes in order. Each chunk is the caller's to keep. Leaving the loop ends the reading. */
  chunks(range?: ReadRange): AsyncIterable<Uint8Array>;
  /** The same as a web stream; `Readable.fromWeb` makes a Node stream of it. */
  stream(range?: ReadRange): ReadableStream<Uint8Array>;
  close(): Promise<void>;
}
