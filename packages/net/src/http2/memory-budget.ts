/** Bytes that all connections of one side keep for their peers together: received and not read, queued and not sent. */
export class MemoryBudget {
  readonly #maxBytes: number;
  readonly #exceeded: () => void;
  #bytes = 0;

  /** `exceeded` is called whenever the sum is above `maxBytes`; it should end the connection that keeps most. */
  constructor(maxBytes: number, exceeded: () => void) {
    this.#maxBytes = maxBytes;
    this.#exceeded = exceeded;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (bytes > 0 && this.#bytes > this.#maxBytes) this.#exceeded();
  }
}
