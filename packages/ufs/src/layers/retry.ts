import type { ListOptions, ReadOptions, UfsCallOptions, UfsStatus, UnderStore } from '../under-store.js';
import { mayRetry, pause, retrying, type RetryOptions } from './retrying.js';
import { REPEATABLE, WrappedStore, type Verb } from './wrapped-store.js';

/**
 * Tries calls again after temporary errors where a repetition has the same outcome. A read goes on from the byte it reached;
 * a listing that had answered already is not begun again.
 */
export function retryLayer(store: UnderStore, options: RetryOptions): UnderStore {
  return new RetryStore(store, options);
}

class RetryStore extends WrappedStore {
  readonly #o: RetryOptions;

  constructor(inner: UnderStore, options: RetryOptions) {
    super(inner);
    this.#o = options;
  }

  protected override call<T>(verb: Verb, run: () => Promise<T>): Promise<T> {
    return REPEATABLE.has(verb) ? retrying(this.#o, run) : run();
  }

  /** A try that failed may have removed it: a later one that finds nothing does not mean that nothing was there. */
  override removeFile(path: string, options?: UfsCallOptions): Promise<boolean> {
    return retrying(this.#o, async (attempt) => (await this.inner.removeFile(path, options)) || attempt > 0, options?.signal);
  }

  override removeDirectory(path: string, options: { recursive: boolean } & UfsCallOptions): Promise<boolean> {
    return retrying(this.#o, async (attempt) => (await this.inner.removeDirectory(path, options)) || attempt > 0, options.signal);
  }

  override async *list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    for (let attempt = 0; ; attempt++) {
      let answered = false;
      try {
        for await (const status of this.inner.list(path, options)) {
          answered = true;
          yield status;
        }
        return;
      } catch (error) {
        if (answered || !mayRetry(this.#o, error, attempt)) throw error;
        await pause(this.#o, attempt, options?.signal);
      }
    }
  }

  override async *read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    let done = 0;
    for (let attempt = 0; ; attempt++) {
      const before = done;
      try {
        if (done > 0 && done >= options.length) return;
        for await (const chunk of this.inner.read(path, { ...options, offset: options.offset + done, length: options.length - done })) {
          done += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        // Progress earns new attempts.
        if (done > before) attempt = 0;
        if (!mayRetry(this.#o, error, attempt)) throw error;
        await pause(this.#o, attempt, options.signal);
      }
    }
  }
}
