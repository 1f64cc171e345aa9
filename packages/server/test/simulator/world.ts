import { kindOf, messageOf, sleep, type ErrorKind } from '@alluvium/base';
import type { FileSystem, RetryPolicy } from '@alluvium/client';
import type { MasterChannel } from '@alluvium/client/master/master-channel.js';
import type { SeededRandom, SimClient, SimCluster } from '@alluvium/testkit';
import { channelOf } from './snapshot.js';

/** The cluster answered what no correct one could. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function violated(what: string): never {
  throw new Violation(what);
}

/** Looks again and again until nothing is wrong; what still is after `withinMs` violates. */
export async function untilRight(
  { clock }: SimCluster,
  { withinMs, lookMs }: { readonly withinMs: number; readonly lookMs: number },
  look: () => Promise<string | undefined>,
): Promise<void> {
  const untilMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const wrong = await look();
    if (wrong === undefined) return;
    if (clock.monotonicMs() > untilMs) violated(wrong);
    await sleep(clock, lookMs);
  }
}

/** How an operation of a client ended. */
export type Outcome<T> = { readonly value: T } | { readonly kind: ErrorKind | 'died'; readonly message: string };

/** What a program does with the cluster; `master` takes requests as they are on the wire. */
export type Action<T> = (fs: FileSystem, master: MasterChannel) => Promise<T>;

interface Connected extends SimClient {
  readonly master: MasterChannel;
}

/** What the disturbances of the past excuse. */
export interface Excuses {
  /** Something was amiss lately: a temporary failure is no surprise. */
  disturbed(): boolean;
  /** When a worker last lost power or its disk failed: what was only in its cache may be gone. */
  readonly lastCacheLossMs: number;
  /** Caches are so small that what was written with MUST_CACHE may be evicted, unless it is pinned. */
  readonly evicts: boolean;
}

/** Long enough for every retry of a client and every registration of a worker. */
const OPERATION_LIMIT_MS = 40 * 60_000;
const RESULT_PAUSE_MS = 1000;

/** Failures that may pass. */
const TEMPORARY: ReadonlySet<string> = new Set(['unavailable', 'cancelled', 'deadlineExceeded', 'aborted', 'resourceExhausted', 'died']);

/** A program that uses the cluster; killed, it is started again. */
export class Program {
  readonly name: string;
  readonly random: SeededRandom;
  readonly cluster: SimCluster;
  readonly #excuses: Excuses;
  #client: Connected | undefined;

  constructor(name: string, cluster: SimCluster, excuses: Excuses) {
    this.name = name;
    this.cluster = cluster;
    this.#excuses = excuses;
    this.random = cluster.random.fork();
  }

  kill(): void {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    this.cluster.trace.add(`${this.name} killed`);
    client.process.kill();
  }

  /** Runs an action, once. A failure that is not temporary and not `expected` needs a store or a disk that failed meanwhile. */
  async attempt<T>(what: string, action: Action<T>, expected?: ErrorKind): Promise<Outcome<T>> {
    const { clock, trace } = this.cluster;
    const failuresBefore = this.cluster.failures;
    let outcome: Outcome<T>;
    trace.add(`${this.name} begins ${what}`);
    try {
      const { fs, master, process } = await this.#connected();
      const late = sleep(clock, OPERATION_LIMIT_MS).then(() => violated(`${this.name}: ${what} does not end`));
      outcome = await Promise.race([
        action(fs, master).then((value) => ({ value })),
        process.dead.then(() => ({ kind: 'died' as const, message: 'killed' })),
        late,
      ]);
    } catch (error) {
      if (error instanceof Violation) throw error;
      outcome = { kind: kindOf(error), message: messageOf(error) };
      if (outcome.kind === 'internal' && !(error instanceof Error && error.name === 'AlluviumError')) throw error;
    }
    trace.add(`${this.name} ends ${what}: ${'kind' in outcome ? `${outcome.kind} ${outcome.message}` : 'ok'}`);
    if ('kind' in outcome && outcome.kind !== expected) {
      const excused = (TEMPORARY.has(outcome.kind) && this.#excuses.disturbed()) || this.cluster.failures > failuresBefore;
      if (!excused) violated(`${this.name}: ${what} fails with ${outcome.kind}: ${outcome.message}; ${expected ?? 'success'} expected`);
    }
    return outcome;
  }

  /** Repeats a question until it is answered, with a value or an error of the kind `expected`. */
  async ask<T>(what: string, action: Action<T>, expected?: ErrorKind): Promise<T | undefined> {
    const untilMs = this.cluster.clock.monotonicMs() + OPERATION_LIMIT_MS;
    for (;;) {
      if (this.cluster.clock.monotonicMs() > untilMs) violated(`${this.name}: nobody answers to ${what}`);
      const outcome = await this.attempt(what, action, expected);
      if ('value' in outcome) return outcome.value;
      if (outcome.kind === expected) return undefined;
      await sleep(this.cluster.clock, RESULT_PAUSE_MS);
    }
  }

  /** Resolves when no server works on a call of this program any more: what it has given up has happened by now, or never will. */
  async quiet(): Promise<void> {
    const client = this.#client;
    // A new program of the same name sees the calls of the old one too.
    const { process } = client ?? (await this.#connected());
    const untilMs = this.cluster.clock.monotonicMs() + OPERATION_LIMIT_MS;
    while (process.unfinished() > 0) {
      if (this.cluster.clock.monotonicMs() > untilMs) violated(`${this.name}: a server does not finish a call that was given up`);
      await sleep(this.cluster.clock, RESULT_PAUSE_MS);
    }
  }

  async #connected(): Promise<Connected> {
    const untilMs = this.cluster.clock.monotonicMs() + OPERATION_LIMIT_MS;
    while (this.#client === undefined) {
      if (this.cluster.clock.monotonicMs() > untilMs) violated(`${this.name} cannot connect`);
      for (const node of this.cluster.nodes)
        if (node.refusesToStart !== undefined) violated(`${node.name} does not start again: ${node.refusesToStart}`);
      try {
        const retry = this.#retry();
        const client = await this.cluster.client(this.name, { retry });
        this.#client = { ...client, master: channelOf(this.cluster, client, retry) };
      } catch (error) {
        if (kindOf(error) !== 'unavailable' || !this.#excuses.disturbed()) throw error;
      }
    }
    return this.#client;
  }

  #retry(): Partial<RetryPolicy> {
    return { maxDurationMs: this.random.pick([300, 3000, 30_000, 120_000]) };
  }
}
