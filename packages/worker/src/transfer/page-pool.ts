// Buffers that file bytes are read into: bounded in number, used again.

/** What is read into memory at a time, some pages. */
export const BUFFER_BYTES = 1 << 20;

/** `BUFFER_BYTES` until `release`, which is called exactly once. */
export interface PageBuffer {
  readonly bytes: Buffer;
  release(): void;
}

export class PagePool {
  readonly #free: Buffer[] = [];
  readonly #waiting: ((bytes: Buffer) => void)[] = [];
  readonly #max: number;
  #made = 0;

  constructor(maxBuffers: number) {
    this.#max = maxBuffers;
  }

  /** First come, first served. */
  async take(): Promise<PageBuffer> {
    const bytes = this.#free.pop() ?? this.#make() ?? (await new Promise<Buffer>((resolve) => this.#waiting.push(resolve)));
    let released = false;
    return {
      bytes,
      release: () => {
        if (released) return;
        released = true;
        this.#give(bytes);
      },
    };
  }

  #make(): Buffer | undefined {
    if (this.#made >= this.#max) return undefined;
    this.#made++;
    return Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  #give(bytes: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(bytes);
    else next(bytes);
  }
}
