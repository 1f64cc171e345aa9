import { AlluviumError, fail, isWithin, messageOf, sleep, type NormalPath } from '@alluvium/base';
import type { FileContext } from '../context.js';
import { claimsOf, settleIntent } from './settle-intent.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/** Between attempts: at first, and at most. */
const FIRST_REPEAT_MS = 1000;
const MAX_REPEAT_MS = 30_000;
/** A store that refuses so often, rather than not answer, will not be asked again. */
const MOST_REFUSALS = 8;

/**
 * Settles operations that were cut off between a store and the journal, by a crash or because the store did not answer, however
 * often it takes. Only a store that refuses again and again is left as it is, with a word in the log: a sync shows what it has.
 */
export class IntentSettler {
  readonly #c: FileContext;
  readonly #settling = new Map<bigint, Promise<void>>();
  readonly #stop = new AbortController();
  /** Wakes who waits to ask again. */
  #again = new AbortController();
  readonly #forsaken = new Set<bigint>();

  constructor(c: FileContext) {
    this.#c = c;
  }

  /** To be called before the first request is served: the paths concerned are held from now on until they are settled. */
  start(): void {
    const { intents } = this.#c.tree;
    intents.leftOpen = (intent) => this.#begin(intent);
    intents.forsaken = (path) => this.#forsake(path);
    for (const intent of intents.open()) this.#begin(intent);
  }

  /** Resolves when nothing is left to settle. */
  async idle(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling.values());
  }

  async stop(): Promise<void> {
    this.#c.tree.intents.leftOpen = undefined;
    this.#c.tree.intents.forsaken = undefined;
    this.#stop.abort(fail('cancelled', 'The master stops'));
    await this.idle();
  }

  /** What is unmounted needs no agreement with its store, which perhaps is gone for ever. */
  #forsake(path: NormalPath): void {
    for (const intent of this.#c.tree.intents.open()) if (isWithin(intent.path, path)) this.#forsaken.add(intent.id);
    this.#again.abort();
    this.#again = new AbortController();
  }

  #begin(intent: StoreIntent): void {
    if (this.#settling.has(intent.id)) return;
    this.#settling.set(
      intent.id,
      this.#settle(intent).finally(() => {
        this.#settling.delete(intent.id);
        this.#forsaken.delete(intent.id);
      }),
    );
  }

  async #settle(intent: StoreIntent): Promise<void> {
    const c = this.#c;
    const caller = { operation: `settle ${intent.kind}`, user: intent.user };
    while (this.#isOpen(intent)) {
      try {
        await c.locks.hold(claimsOf(intent), () => this.#settleLocked(intent), caller);
      } catch (error) {
        // Others may hold the path for longer than a lock is waited for.
        c.log.debug('not settled yet', { path: intent.path, reason: messageOf(error) });
        await sleep(c.clock, FIRST_REPEAT_MS, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  async #settleLocked(intent: StoreIntent): Promise<void> {
    let refusals = 0;
    for (let repeatMs = FIRST_REPEAT_MS; this.#isOpen(intent); repeatMs = Math.min(2 * repeatMs, MAX_REPEAT_MS)) {
      try {
        if (this.#forsaken.has(intent.id)) await this.#c.committer.commit([endEntry(intent.id)]);
        else if (this.#mayAsk(intent)) await settleIntent(this.#c, intent);
        else await this.#rest(repeatMs);
      } catch (error) {
        if (!(error instanceof AlluviumError && error.temporary)) refusals++;
        const { kind, path } = intent;
        const about = { kind, path, target: intent.target, reason: messageOf(error) };
        if (refusals === MOST_REFUSALS) {
          this.#c.log.error('an operation that was cut off cannot be settled: namespace and store may differ here', about);
          await this.#c.committer.commit([endEntry(intent.id)]);
          return;
        }
        this.#c.log.warn('cannot settle an operation that was cut off; trying again', about);
        await this.#rest(repeatMs);
      }
    }
  }

  /** While a store is being maintained it is not asked how far it went, and what it refuses then says nothing. */
  #mayAsk({ path }: StoreIntent): boolean {
    const { mounts } = this.#c;
    return mounts.modeOf(mounts.resolve(path)) === 'READ_WRITE';
  }

  #rest(delayMs: number): Promise<void> {
    return sleep(this.#c.clock, delayMs, AbortSignal.any([this.#stop.signal, this.#again.signal])).catch(() => undefined);
  }

  #isOpen({ id }: StoreIntent): boolean {
    return !this.#stop.signal.aborted && this.#c.tree.intents.get(id) !== undefined;
  }
}
