// What the client may use of the machine it runs on, beside the network: the files of a worker that is there too, and names.

/** An open file. Calls may overlap. */
export interface LocalFile {
  /** Bytes that were there to be read: less than `into.length` only at the end of the file. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** The same without giving way to anything else: for files that lie in memory, which take longer to wait for than to read. */
  readNow(into: Uint8Array, offset: number): number;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

export interface LocalMachine {
  /** A file that is there: nothing is created. Rejects when it cannot be opened so. */
  open(path: string, access: 'read' | 'write'): Promise<LocalFile>;
  /** Whether a socket lies at `path`. */
  isSocket(path: string): Promise<boolean>;
  /** The address that a host name stands for; undefined for an unknown one. */
  resolve(host: string): Promise<string | undefined>;
  /** What a program says. Rejects when there is none at `path`, or when it fails. */
  output(path: string): Promise<string>;
}
