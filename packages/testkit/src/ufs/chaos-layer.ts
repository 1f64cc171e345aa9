import { fail, sleep, type Clock, type Random } from '@alluvium/base';
import {
  WrappedStore,
  type CreateOptions,
  type ListOptions,
  type ReadOptions,
  type UfsStatus,
  type UfsWriter,
  type UnderStore,
  type Verb,
} from '@alluvium/ufs';

export interface ChaosOptions {
  readonly clock: Clock;
  /** Every delay and fault is drawn from here. */
  readonly random: Random;
  /** Longest delay of a call or a step of a stream; 0: none. */
  readonly maxDelayMs?: number;
  /** Chances from 0 to 1 that a call fails with `unavailable` before anything happened... */
  readonly failBefore?: number;
  /** ... or after it took effect, as when the answer is lost; */
  readonly failAfter?: number;
  /** and that a listing or a read breaks at any step. */
  readonly breakStream?: number;
}

/** A store with a bad network. Turned on and off by {@link ChaosStore.calm}. */
export class ChaosStore extends WrappedStore {
  /** True: everything passes untouched. */
  calm = false;
  /** Faults so far. */
  faults = 0;
  readonly #o: ChaosOptions;

  constructor(inner: UnderStore, options: ChaosOptions) {
    super(inner);
    this.#o = options;
  }

  protected override async call<T>(verb: Verb, run: () => Promise<T>): Promise<T> {
    await this.#step(verb, this.#o.failBefore);
    const answer = await run();
    await this.#step(verb, this.#o.failAfter);
    return answer;
  }

  override async *list(path: string, options?: ListOptions): AsyncGenerator<UfsStatus> {
    yield* this.#broken('list', this.inner.list(path, options));
  }

  override async *read(path: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    yield* this.#broken('read', this.inner.read(path, options));
  }

  override async create(path: string, options?: CreateOptions): Promise<UfsWriter> {
    const writer = await super.create(path, options);
    return {
      write: (parts) => this.call('write', () => writer.write(parts)),
      commit: () => this.call('commit', () => writer.commit()),
      abort: () => writer.abort(),
    };
  }

  async *#broken<T>(verb: Verb, items: AsyncIterable<T>): AsyncGenerator<T> {
    await this.#step(verb, this.#o.failBefore);
    for await (const item of items) {
      await this.#step(verb, this.#o.breakStream);
      yield item;
    }
    await this.#step(verb, this.#o.breakStream);
  }

  async #step(verb: Verb, chance = 0): Promise<void> {
    if (this.calm) return;
    const { clock, random, maxDelayMs = 0 } = this.#o;
    if (maxDelayMs > 0) await sleep(clock, random.next() * maxDelayMs);
    if (random.next() >= chance) return;
    this.faults++;
    throw fail('unavailable', `Chaos broke ${verb} of ${this.uri}`);
  }
}
