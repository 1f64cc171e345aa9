// Questions to workers about their blocks, over the control calls that they keep open: the master opens no connections.
import { fail, randomId63, type BlockId, type Clock, type Random, type Timer, type WorkerId } from '@alluvium/base';
import type { cacheService, workerControl } from '@alluvium/wire';
import type { OrderListener, WorkerControl } from '../order/worker-control.js';

interface Waiting {
  readonly worker: WorkerId;
  readonly timer: Timer;
  readonly resolve: (facts: ReadonlyMap<bigint, cacheService.BlockFacts>) => void;
  readonly reject: (error: unknown) => void;
}

/** Answers that are waited for; more questions are refused. */
const MAX_WAITING = 1000;

export class WorkerQuestions implements OrderListener {
  readonly #control: Pick<WorkerControl, 'send' | 'listen' | 'isConnected'>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Map<bigint, Waiting>();

  constructor(control: Pick<WorkerControl, 'send' | 'listen' | 'isConnected'>, clock: Clock, random: Random) {
    this.#control = control;
    this.#clock = clock;
    this.#random = random;
    control.listen(this);
  }

  canAsk(worker: WorkerId): boolean {
    return this.#control.isConnected(worker);
  }

  /** What a worker knows of each of the blocks. Throws `unavailable` when it is away or goes away, `deadlineExceeded`. */
  ask(worker: WorkerId, blockIds: readonly BlockId[], timeoutMs: number): Promise<ReadonlyMap<bigint, cacheService.BlockFacts>> {
    if (this.#waiting.size >= MAX_WAITING)
      return Promise.reject(fail('resourceExhausted', 'Cannot ask the workers: too many questions wait'));
    const requestId = randomId63(this.#random);
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<bigint, cacheService.BlockFacts>>();
    const timer = this.#clock.schedule(timeoutMs, () =>
      this.#take(requestId)?.reject(fail('deadlineExceeded', `Worker ${worker} did not answer in ${timeoutMs} ms`)),
    );
    this.#waiting.set(requestId, { worker, timer, resolve, reject });
    if (!this.#control.send(worker, { explain: { requestId, blockIds: [...blockIds] } }))
      this.#take(requestId)?.reject(fail('unavailable', `Worker ${worker} takes no questions now`));
    return promise;
  }

  disconnected(worker: WorkerId): void {
    for (const [id, waiting] of this.#waiting)
      if (waiting.worker === worker) this.#take(id)?.reject(fail('unavailable', `Worker ${worker} went away`));
  }

  reported(worker: WorkerId, { explainResult }: workerControl.WorkerReport): void {
    if (explainResult === undefined) return;
    const id = explainResult.requestId ?? -1n;
    if (this.#waiting.get(id)?.worker !== worker) return;
    this.#take(id)?.resolve(new Map((explainResult.blocks ?? []).map((facts) => [facts.blockId ?? -1n, facts])));
  }

  stop(): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(fail('unavailable', 'The master stops'));
  }

  #take(id: bigint): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    return waiting;
  }
}
