// The files of this machine, as copies see them.

export interface LocalEntry {
  readonly name: string;
  /** Links are followed, except that a link to a directory below the one being copied is a `directoryLink`. */
  readonly kind: 'file' | 'directory' | 'directoryLink' | 'other';
  /** 0 for what has no length, such as a pipe. */
  readonly lengthBytes: number;
}

/** Errors are AlluviumErrors: `notFound`, `alreadyExists`, `permissionDenied`, `resourceExhausted` ... Paths are absolute. */
export interface LocalFiles {
  /** An absolute path from what a user typed. */
  resolve(path: string): string;
  /** Undefined when nothing is there. */
  stat(path: string): Promise<LocalEntry | undefined>;
  /** The entries of a directory by name. */
  list(path: string): Promise<readonly LocalEntry[]>;
  /** An existing directory is no error. */
  makeDirectory(path: string): Promise<void>;
  /** Each chunk is the caller's to keep until the next is asked for. */
  read(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** A new file; `alreadyExists` when something is there. */
  create(path: string): Promise<LocalWriter>;
  /** Moves a file in one step. Without `overwrite` an existing `to` is `alreadyExists` and stays as it is. */
  rename(from: string, to: string, options: { readonly overwrite: boolean }): Promise<void>;
  /** Removes a file; nothing there is no error. */
  remove(path: string): Promise<void>;
}

export interface LocalWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the file. */
  close(): Promise<void>;
  /** Closes without more. */
  abort(): Promise<void>;
}
