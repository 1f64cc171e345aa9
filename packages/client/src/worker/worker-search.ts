// Which worker to try next: each of the candidates once, then all of them again after a pause, for as long as it may help.
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import { throwIfAborted } from '../abort.js';
import type { Backoff } from '../backoff.js';
import type { WorkerFailures } from './worker-failures.js';
import type { WorkerTarget } from './worker-target.js';

export interface WorkerSearchOptions {
  /** For the text of errors: `Cannot read "/a"`. */
  readonly action: string;
  /** The workers to try, best first. From the second round on what is known is asked for again. */
  candidates(round: number): Promise<readonly WorkerTarget[]>;
  /** Whether a failure of this kind may pass by itself. */
  mayPass(error: AlluviumError): boolean;
  /** Whether a failure is the word of the whole search, whatever others say: nothing is hoped for any more. */
  decides?(error: AlluviumError): boolean;
  readonly failures: WorkerFailures;
  readonly backoff: Backoff;
  readonly signal: AbortSignal | undefined;
}

export class WorkerSearch {
  readonly #o: WorkerSearchOptions;
  #round = 0;
  #left: WorkerTarget[] | undefined;
  /** Whether a failure of this round may pass. */
  #hope = false;
  #last: unknown;
  #decided = false;

  constructor(options: WorkerSearchOptions) {
    this.#o = options;
  }

  /** 0 while each worker is tried for the first time. */
  get round(): number {
    return this.#round;
  }

  /** The next worker. Throws the last failure when there is no use in going on. */
  async next(): Promise<WorkerTarget> {
    for (;;) {
      throwIfAborted(this.#o.signal);
      if (this.#left === undefined) {
        this.#left = this.#o.failures.order(await this.#o.candidates(this.#round));
        // A worker that starts again tells the master soon what it has.
        this.#hope = this.#left.length === 0;
      }
      const next = this.#left.shift();
      if (next !== undefined) return next;
      await this.#nextRound();
    }
  }

  /** The worker failed, before or in the middle of the work. */
  failed(worker: WorkerTarget, error: unknown): void {
    throwIfAborted(this.#o.signal);
    // What is no error of a call is a defect, and no other worker would mend it.
    if (!(error instanceof AlluviumError)) throw error;
    if (!this.#decided) this.#last = error;
    this.#decided ||= this.#o.decides?.(error) === true;
    this.#hope ||= this.#o.mayPass(error);
    this.#o.failures.note(worker);
  }

  /** The work got on: what was tried before may be tried again. */
  progressed(): void {
    this.#o.backoff.reset();
    this.#round = 0;
    this.#decided = false;
  }

  /** The first repetition is always worth it, because the master may know better by now. */
  async #nextRound(): Promise<void> {
    const { action, backoff, signal } = this.#o;
    if (this.#decided) this.#hope = false;
    if ((this.#round > 0 && !this.#hope) || !(await backoff.pause(signal))) {
      if (this.#last === undefined) throw fail('unavailable', `${action}: no live worker can do it`);
      // What may still pass is temporary, whatever the worker called it.
      const kind = this.#hope ? 'unavailable' : (this.#last as AlluviumError).kind;
      throw fail(kind, `${action}: ${messageOf(this.#last)}`, this.#last);
    }
    this.#round++;
    this.#left = undefined;
  }
}
