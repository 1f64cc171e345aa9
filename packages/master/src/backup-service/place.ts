/** A directory for backups, on the local disk or in a store. Names are those of files in it. */
export interface BackupPlace {
  /** Without trailing `/`. */
  readonly uri: string;
  /** Files only; none when the directory is not there. */
  list(): Promise<PlacedFile[]>;
  /**
   * Makes a file of the chunks, and the directory where it is missing; durable when this resolves, with its bytes. Replaces a file
   * of that name. When it rejects nothing of it is left, as far as the place answers.
   */
  write(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;
  /** Throws `notFound` when there is no such file. */
  read(name: string): AsyncIterable<Buffer>;
  /** Durable when it resolves. */
  move(from: string, to: string): Promise<void>;
  /** No error when it is gone already. */
  remove(name: string): Promise<void>;
  /** Removes what writers left that were killed long ago and that no listing shows. */
  removeAbandoned(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface PlacedFile {
  readonly name: string;
  readonly bytes: number;
}
