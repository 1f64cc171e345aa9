/** Lets so many through at a time. */
export class Gate {
  readonly #limit: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];
  #empty: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  get inside(): number {
    return this.#inside;
  }

  /** Waits for a place and begins `work`, whose end nobody awaits: it must not reject. */
  async enter(work: () => Promise<void>): Promise<void> {
    // Who is woken has the place of the one who left.
    if (this.#inside >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside++;
    void work().finally(() => this.#leave());
  }

  /** Resolves when nobody is inside. One at a time may wait for it. */
  async whenEmpty(): Promise<void> {
    if (this.#inside > 0) await new Promise<void>((resolve) => (this.#empty = resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next();
    if (--this.#inside > 0) return;
    this.#empty?.();
    this.#empty = undefined;
  }
}
