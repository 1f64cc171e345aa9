// How many requests for pages are under way at a time: with them the memory and the descriptors that they take.

export class FetchSlots {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether one could begin now: what nobody waits for yet begins only then, and leaves half of them to what somebody waits for. */
  get hasSpare(): boolean {
    return this.#taken < this.#max / 2;
  }

  /** First come, first served. As many wait as there are reads, which are bounded. */
  async take(): Promise<Disposable> {
    if (this.#taken < this.#max) this.#taken++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let given = false;
    return {
      [Symbol.dispose]: () => {
        if (given) return;
        given = true;
        this.#give();
      },
    };
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken--;
    else next();
  }
}
