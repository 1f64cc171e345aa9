// Either side of a copy: the cluster or this machine's files, behind one interface.

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'directoryLink' | 'other';
  readonly lengthBytes: number;
}

export interface Tree {
  /** The path as messages show it. */
  label(path: string): string;
  /** The last component of a path. */
  baseName(path: string): string;
  child(path: string, name: string): string;
  /** Undefined when nothing is there. */
  stat(path: string): Promise<TreeEntry | undefined>;
  list(path: string): AsyncIterable<TreeEntry>;
  makeDirectory(path: string): Promise<void>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** A new file that is there, whole, when its `close` resolves. `alreadyExists` unless it may be overwritten. */
  create(path: string, options: { readonly overwrite: boolean }): Promise<Sink>;
  /** Gives `path` the owner, group and permissions that `from` has in the same tree. */
  takeAttributes(path: string, from: string): Promise<void>;
}

export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** A path on one side. */
export interface Place {
  readonly tree: Tree;
  readonly path: string;
}
