import { fail, type Clock } from '@alluvium/base';
import type { ListOptions, ReadOptions, UfsStatus, UfsWriter, CreateOptions, UnderStore } from '../under-store.js';
import { WrappedStore, type Verb } from './wrapped-store.js';

export interface LimitOptions {
  readonly clock: Clock;
  /** A call, or a step of a stream, that takes longer has failed with `unavailable`; {@link LONG} ones may take sixty times as long. */
  readonly timeoutMs: number;
  /** Calls and streams under way at a time. */
  readonly concurrency: number;
  /** Calls that wait for their turn; more are refused with `resourceExhausted`. */
  readonly queue: number;
}

/** Made of many requests, each with a time-out of its own in the connector: only a store that hangs ends them here. */
const LONG: ReadonlySet<Verb> = new Set<Verb>(['write', 'commit', 'rename', 'removeDirectory', 'removeAbandoned']);

/** Bounds how long and how many: a store that hangs or is flooded must not take the server with it. */
export function limitsLayer(store: UnderStore, options: LimitOptions): UnderStore {
  return new LimitedStore(store, options);
}

class LimitedStore extends WrappedStore {
  readonly #o: LimitOptions;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(inner: UnderStore, options: LimitOptions) {
    super(inner);
    this.#o = options;
  }

  protected override async call<T>(verb: Verb, run: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await this.#within(verb, run());
    } finally {
      this.#leave();
    }
  }

  override list(path: string, options: ListOptions = {}): AsyncIterable<UfsStatus> {
    return this.#stream('list', (signal) => this.inner.list(path, { ...options, signal }), options.signal);
  }

  override read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    return this.#stream('read', (signal) => this.inner.read(path, { ...options, signal }), options.signal);
  }

  override async create(path: string, options?: CreateOptions): Promise<UfsWriter> {
    const writer = await super.create(path, options);
    return {
      write: (parts) => this.#within('write', writer.write(parts)),
      commit: () => this.#within('commit', writer.commit()),
      abort: () => this.#within('commit', writer.abort()),
    };
  }

  async *#stream<T>(verb: Verb, open: (signal: AbortSignal) => AsyncIterable<T>, outer: AbortSignal | undefined): AsyncGenerator<T> {
    await this.#enter();
    const abort = new AbortController();
    const iterator = open(outer === undefined ? abort.signal : AbortSignal.any([outer, abort.signal]))[Symbol.asyncIterator]();
    let ended = false;
    try {
      for (;;) {
        const next = await this.#within(verb, iterator.next());
        if (next.done === true) {
          ended = true;
          return;
        }
        yield next.value;
      }
    } finally {
      // A hanging connection is cut; a well-behaved iterator is told that nobody wants more.
      if (!ended) {
        abort.abort(fail('cancelled', 'The read of the store was given up'));
        Promise.resolve(iterator.return?.()).catch(() => {});
      }
      this.#leave();
    }
  }

  #within<T>(verb: Verb, work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const limitMs = LONG.has(verb) ? 60 * this.#o.timeoutMs : this.#o.timeoutMs;
      const timer = this.#o.clock.schedule(limitMs, () => {
        reject(fail('unavailable', `The store ${this.uri} did not answer ${verb} within ${limitMs} ms`));
      });
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#o.concurrency) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.#o.queue) throw fail('resourceExhausted', `Too many requests wait for the store ${this.uri}`);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }
}
