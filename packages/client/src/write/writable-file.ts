/** A file that is being written, from first byte to last. */
export interface WritableFile {
  readonly path: string;
  readonly writtenBytes: bigint;
  /** Resolves when there is room for more; the bytes may be reused by the caller then. */
  write(bytes: Uint8Array): Promise<void>;
  /** Completes the file: when this resolves it is whole, and persisted if its write type says so. */
  close(): Promise<void>;
  /** Gives the file up: the incomplete file is removed. */
  abort(): Promise<void>;
  /** A web stream that writes to this file; `Writable.fromWeb` makes a Node stream of it. */
  stream(): WritableStream<Uint8Array>;
}
