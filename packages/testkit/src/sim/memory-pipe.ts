// One direction of a call in memory: messages in order, a window of bytes, and the loss of both ends.
export class MemoryPipe {
  readonly #windowBytes: number;
  readonly #deliver: (arrive: () => void) => void;
  readonly #arrived: Buffer[] = [];
  /** Bytes sent and not read yet. */
  #pending = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void)[] = [];

  /** `deliver` calls back when a message has crossed the network; in order. */
  constructor(windowBytes: number, deliver: (arrive: () => void) => void) {
    this.#windowBytes = windowBytes;
    this.#deliver = deliver;
  }

  /** Copies the message once there is room, as a kernel does; `onSent` says that the views are free. */
  async write(parts: readonly Uint8Array[], onSent?: () => void): Promise<void> {
    try {
      while (this.#pending >= this.#windowBytes && this.#failure === undefined) await this.#change();
      if (this.#failure !== undefined) throw this.#failure.error;
      const message = Buffer.concat(parts);
      this.#pending += message.length;
      this.#deliver(() => {
        this.#arrived.push(message);
        this.#notify();
      });
    } finally {
      onSent?.();
    }
  }

  /** No more messages after those that are under way. */
  end(): void {
    this.#deliver(() => {
      this.#ended = true;
      this.#notify();
    });
  }

  /** Undefined after the end. Messages that arrived before a failure are lost with it, as in a reset stream. */
  async read(): Promise<Buffer | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const message = this.#arrived.shift();
      if (message !== undefined) {
        this.#pending -= message.length;
        this.#notify();
        return message;
      }
      if (this.#ended) return undefined;
      await this.#change();
    }
  }

  /** Fails both ends. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#notify();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
