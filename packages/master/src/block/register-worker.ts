// Registrations of workers, streamed or in one call: bounded in number, taken in slices, and of no effect any more once the same worker
// has begun another.
import { fail, type Clock, type WorkerId } from '@alluvium/base';
import type { ServerCall, ServerStream } from '@alluvium/net';
import type { blockMaster } from '@alluvium/wire';
import type { RegisterLeases } from './register-leases.js';
import type { ListedBlocks, RegisterMessage } from './register-message.js';
import { Turnstile } from './turnstile.js';
import { requireUnderWay, type WorkerRegistry, type WorkerState } from './worker-registry.js';
import type { Registration } from './worker-state.js';

/** Streams that wait for their turn; whoever comes on top of that tries again. */
const WAITING_MAX = 10_000;

export interface RegisterLimits {
  /** Whether a registration in one call needs a lease. */
  readonly leaseNeeded: boolean;
  /** Registrations at a time. */
  readonly atOnce: number;
  /** A stream on which nothing comes for so long has ended. */
  readonly idleMs: number;
}

interface Dependencies {
  readonly clock: Clock;
  readonly registry: WorkerRegistry;
  readonly leases: RegisterLeases;
  readonly limits: RegisterLimits;
  /** Told of what a registration says besides blocks, when it has ended. */
  readonly registered: (worker: WorkerState, request: blockMaster.RegisterWorkerPRequest) => void;
}

type RegisterStream = ServerStream<RegisterMessage, blockMaster.RegisterWorkerPResponse>;

export class WorkerRegistrations {
  readonly #d: Dependencies;
  readonly #turnstile: Turnstile;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
    this.#turnstile = new Turnstile(dependencies.limits.atOnce, WAITING_MAX);
  }

  /** RegisterWorker: everything in one message. Throws `unavailable` without a lease. */
  async unary({ request, blocks }: RegisterMessage, call: ServerCall): Promise<blockMaster.RegisterWorkerPResponse> {
    const { leases, limits, registry } = this.#d;
    const { id } = registry.get((request.workerId ?? 0n) as WorkerId);
    if (limits.leaseNeeded && !leases.holds(id))
      throw fail(
        'unavailable',
        `Worker ${id} does not have a lease or the lease has expired. The worker should acquire a new lease and retry to register.`,
      );
    const leave = await this.#turnstile.enter(call.signal);
    try {
      await this.#register(request, async (worker, registration) => this.#add(worker, registration, blocks));
    } finally {
      leave();
      leases.release(id);
    }
    return {};
  }

  /** RegisterWorkerStream: each message is acknowledged when it is worked in, which is what holds a large worker back. */
  async stream(stream: RegisterStream): Promise<void> {
    const leave = await this.#turnstile.enter(stream.signal);
    try {
      const first = await this.#next(stream);
      if (first === undefined) throw fail('invalidArgument', 'Cannot register: the stream ended before its first message');
      await this.#register(first.request, async (worker, registration) => {
        for (let message: RegisterMessage | undefined = first; message !== undefined; message = await this.#next(stream)) {
          requireUnderWay(worker, registration);
          await this.#add(worker, registration, message.blocks);
          this.#d.registry.touch(worker);
          await stream.write({});
        }
      });
      this.#d.leases.release((first.request.workerId ?? 0n) as WorkerId);
    } finally {
      leave();
    }
  }

  async #register(
    request: blockMaster.RegisterWorkerPRequest,
    list: (worker: WorkerState, registration: Registration) => Promise<void>,
  ): Promise<void> {
    const { registry } = this.#d;
    const worker = registry.beginRegistration((request.workerId ?? 0n) as WorkerId, request);
    const registration = worker.registration!;
    try {
      await list(worker, registration);
      requireUnderWay(worker, registration);
      registry.finishRegistration(worker);
      this.#d.registered(worker, request);
    } finally {
      registry.abandonRegistration(worker, registration);
    }
  }

  async #add(worker: WorkerState, registration: Registration, blocks: readonly ListedBlocks[]): Promise<void> {
    for (const listed of blocks) await this.#d.registry.addListed(worker, registration, listed);
  }

  /** Throws `deadlineExceeded` when nothing comes for too long. */
  #next(stream: RegisterStream): Promise<RegisterMessage | undefined> {
    const { clock, limits } = this.#d;
    const { promise: silent, reject } = Promise.withResolvers<never>();
    const timer = clock.schedule(limits.idleMs, () =>
      reject(fail('deadlineExceeded', `Cannot register: nothing came for ${limits.idleMs / 1000} s`)),
    );
    return Promise.race([stream.read(), silent]).finally(() => timer.cancel());
  }
}
