export interface KeepaliveOptions {
  /** Silence after which the peer is asked for a sign of life. */
  readonly intervalMs: number;
  /** Silence after that until the connection counts as lost. */
  readonly timeoutMs: number;
}

/** Whether the peer is still there: anything that comes from it counts as an answer. */
export class Keepalive {
  /** Of our PINGs. */
  static readonly payload: Uint8Array = Buffer.from('alluvium', 'latin1');
  readonly #options: KeepaliveOptions;
  #heard = false;
  #heardAtMs: number;
  #pingedAtMs: number | undefined;

  constructor(options: KeepaliveOptions, nowMs: number) {
    this.#options = options;
    this.#heardAtMs = nowMs;
  }

  heard(): void {
    this.#heard = true;
  }

  check(nowMs: number): 'fine' | 'ping' | 'dead' {
    if (this.#heard) {
      this.#heard = false;
      this.#heardAtMs = nowMs;
      this.#pingedAtMs = undefined;
    }
    if (this.#pingedAtMs !== undefined) return nowMs - this.#pingedAtMs >= this.#options.timeoutMs ? 'dead' : 'fine';
    if (nowMs - this.#heardAtMs < this.#options.intervalMs) return 'fine';
    this.#pingedAtMs = nowMs;
    return 'ping';
  }
}
