// Whether what a worker says still counts. Our workers number their registrations and reports (wire: alluvium.report); for others only
// the order in which calls arrive tells.
import { fail } from '@alluvium/base';
import { additionTo, workerReport, type blockMaster } from '@alluvium/wire';
import { ANY_GENERATION } from './removals.js';
import type { Session, WorkerState } from './worker-state.js';

/**
 * `current`: it counts. `late`: the worker has said more since, and gets no orders. `register`: it is of another registration than the
 * last, or of none, and the worker has to register.
 */
export type Verdict = 'current' | 'late' | 'register';

export interface Registering {
  readonly session: Session | undefined;
  readonly generation: number;
}

/** What a registration says of itself. Throws `aborted` for one that comes later than another that was begun after it. */
export function judgeRegistration(worker: WorkerState, request: blockMaster.RegisterWorkerPRequest): Registering {
  const told = additionTo(workerReport.Registering, request.options);
  if (told === undefined) return { session: undefined, generation: ANY_GENERATION };
  const session = { incarnation: told.incarnation ?? 0n, number: told.number ?? 0n };
  const isOfOther = worker.incarnation !== undefined && worker.incarnation !== session.incarnation;
  if (isOfOther || isBefore(session, worker.registration?.session) || isBefore(session, worker.session))
    throw fail('aborted', `Cannot register worker ${worker.id}: it has begun a later registration`);
  return { session, generation: Number(told.newestGeneration ?? 0n) };
}

function isBefore(session: Session, other: Session | undefined): boolean {
  return other !== undefined && other.incarnation === session.incarnation && session.number <= other.number;
}

/** What a heartbeat says of itself; undefined for workers that do not number them. */
export function judgeHeartbeat(worker: WorkerState, told: workerReport.Beating | undefined): Verdict {
  // Java's workers do not repeat a report that failed: after a silence only a registration tells what they have.
  if (told === undefined) return worker.session === undefined && isKnown(worker) ? 'current' : 'register';
  const { session } = worker;
  if (session === undefined || told.incarnation !== session.incarnation) return 'register';
  // Called back, or its registration broke off.
  if (worker.state === 'announced' && worker.registration === undefined) return 'register';
  if (told.registration !== session.number) return (told.registration ?? 0n) < session.number ? 'late' : 'register';
  if ((told.number ?? 0n) <= worker.lastBeat) return 'late';
  return worker.registration === undefined ? 'current' : 'late';
}

function isKnown(worker: WorkerState): boolean {
  return worker.state === 'live' || worker.state === 'decommissioned';
}

/** Throws `unavailable`, upon which a worker that still has the block tells again, for a commit of an earlier registration or given up. */
export function requireCurrentCommit(worker: WorkerState, told: workerReport.Committing | undefined): void {
  const { session } = worker;
  const isCurrent =
    told === undefined
      ? session === undefined
      : session !== undefined &&
        told.incarnation === session.incarnation &&
        told.registration === session.number &&
        (told.sequence ?? 0n) >= worker.openFrom;
  if (!isCurrent) throw fail('unavailable', `Cannot commit a block of worker ${worker.id}: the report is of an earlier registration`);
}
