import { AlluviumError, sleep, type Clock, type Random } from '@alluvium/base';
import type { ListOptions, ReadOptions, UfsStatus, UnderStore } from '../under-store.js';
import { REPEATABLE, WrappedStore, type Verb } from './wrapped-store.js';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly retries: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
}

/**
 * Tries calls again after temporary errors, with full jitter (exponential, AWS Architecture Blog 2015), where a repetition has the
 * same outcome. A read goes on from the byte it reached; a listing that had answered already is not begun again.
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

  protected override async call<T>(verb: Verb, run: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (!REPEATABLE.has(verb) || !this.#mayRetry(error, attempt)) throw error;
        await this.#pause(attempt);
      }
    }
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
        if (answered || !this.#mayRetry(error, attempt)) throw error;
        await this.#pause(attempt, options?.signal);
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
        if (!this.#mayRetry(error, attempt)) throw error;
        await this.#pause(attempt, options.signal);
      }
    }
  }

  #mayRetry(error: unknown, attempt: number): boolean {
    return error instanceof AlluviumError && error.kind === 'unavailable' && attempt < this.#o.retries;
  }

  #pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const { clock, random, firstDelayMs = 50, maxDelayMs = 5000 } = this.#o;
    return sleep(clock, random.next() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt), signal);
  }
}
