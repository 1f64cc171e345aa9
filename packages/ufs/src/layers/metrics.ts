import type { CreateOptions, ListOptions, ReadOptions, UfsStatus, UfsWriter, UnderStore } from '../under-store.js';
import { WrappedStore, type Verb } from './wrapped-store.js';

/** What was asked of a store, and what came of it. */
export interface UfsMetrics {
  readonly calls: Map<Verb, number>;
  readonly errors: Map<Verb, number>;
  bytesRead: number;
  bytesWritten: number;
}

export function newUfsMetrics(): UfsMetrics {
  return { calls: new Map(), errors: new Map(), bytesRead: 0, bytesWritten: 0 };
}

/** Counts into `metrics`. */
export function metricsLayer(store: UnderStore, metrics: UfsMetrics): UnderStore {
  return new CountingStore(store, metrics);
}

class CountingStore extends WrappedStore {
  readonly #metrics: UfsMetrics;

  constructor(inner: UnderStore, metrics: UfsMetrics) {
    super(inner);
    this.#metrics = metrics;
  }

  protected override async call<T>(verb: Verb, run: () => Promise<T>): Promise<T> {
    count(this.#metrics.calls, verb);
    try {
      return await run();
    } catch (error) {
      count(this.#metrics.errors, verb);
      throw error;
    }
  }

  override list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    return this.#iterate('list', this.inner.list(path, options), () => {});
  }

  override read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    return this.#iterate('read', this.inner.read(path, options), (chunk) => (this.#metrics.bytesRead += chunk.length));
  }

  override async create(path: string, options?: CreateOptions): Promise<UfsWriter> {
    const writer = await super.create(path, options);
    return {
      write: async (parts) => {
        await this.call('write', () => writer.write(parts));
        for (const part of parts) this.#metrics.bytesWritten += part.length;
      },
      commit: () => this.call('commit', () => writer.commit()),
      abort: () => writer.abort(),
    };
  }

  async *#iterate<T>(verb: Verb, items: AsyncIterable<T>, see: (item: T) => void): AsyncGenerator<T> {
    count(this.#metrics.calls, verb);
    try {
      for await (const item of items) {
        see(item);
        yield item;
      }
    } catch (error) {
      count(this.#metrics.errors, verb);
      throw error;
    }
  }
}

function count(map: Map<Verb, number>, verb: Verb): void {
  map.set(verb, (map.get(verb) ?? 0) + 1);
}
