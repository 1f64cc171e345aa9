import type { LocalFile, LocalMachine } from '@alluvium/client';

/** The files of a machine, in memory. */
export class FakeMachine implements LocalMachine {
  readonly files = new Map<string, Buffer>();
  readonly sockets = new Set<string>();
  /** How many files are open now. */
  openNow = 0;
  opened = 0;
  reads = 0;
  /** Nobody but the worker may open its files. */
  forbids = false;
  /** Rejects what reads and writes of files do, when it says so. */
  failsAt: (offset: number) => boolean = () => false;

  async open(path: string): Promise<LocalFile> {
    if (this.forbids || !this.files.has(path)) throw new Error(`EACCES: ${path}`);
    this.openNow++;
    this.opened++;
    const check = (offset: number): void => {
      if (this.failsAt(offset)) throw new Error('EIO');
    };
    const read = (into: Uint8Array, offset: number): number => {
      check(offset);
      this.reads++;
      return this.files.get(path)!.copy(into, 0, offset);
    };
    return {
      read: async (into, offset) => read(into, offset),
      readNow: read,
      write: async (bytes, offset) => {
        check(offset);
        const before = this.files.get(path)!;
        const after = Buffer.alloc(Math.max(before.length, offset + bytes.length));
        before.copy(after);
        after.set(bytes, offset);
        this.files.set(path, after);
      },
      close: async () => {
        this.openNow--;
      },
    };
  }

  async isSocket(path: string): Promise<boolean> {
    return this.sockets.has(path);
  }

  async resolve(host: string): Promise<string | undefined> {
    return host;
  }

  output(): Promise<string> {
    return Promise.reject(new Error('no programs here'));
  }
}
