import type { WorkerId } from '@alluvium/base';
import type { common } from '@alluvium/wire';
import type { Place } from './copies.js';
import type { RecentCommits } from './recent-commits.js';
import type { Removals } from './removals.js';

/** One registration of one process, as a worker that tells of it names it. */
export interface Session {
  readonly incarnation: bigint;
  readonly number: bigint;
}

/** A registration under way. Reports count for it as long as it is the one of its worker. */
export interface Registration {
  readonly session: Session | undefined;
}

/** What the master knows of a worker. All of it is soft. */
export interface WorkerState {
  readonly id: WorkerId;
  readonly address: common.WorkerNetAddress;
  /**
   *   announced --registers--> live <--silent, heard of again--> lost --silent for long--> forgotten
   *                            live --an operator's word--> decommissioned --registers again--> live
   */
  state: 'announced' | 'live' | 'lost' | 'decommissioned';
  /** Out of service by an operator's word, and still handing over what it has. */
  draining: boolean;
  lastContactMs: number;
  startTimeMs: number;
  totalBytes: Map<string, bigint>;
  usedBytes: Map<string, bigint>;
  /** Paths of storage directories that are out of service, by tier. */
  lostStorage: Map<string, readonly string[]>;
  buildVersion: common.BuildVersion | undefined;
  cpus: number;
  /** How many blocks have a copy here. */
  copies: number;
  /** How many of those the current registration, or the last one, has told of, or were committed since it began. */
  listed: number;
  /** What tells those from the others: 0 to MARKS - 1. */
  mark: number;
  /** Registrations that were begun since what the last one did not tell of was forgotten. */
  unswept: number;
  /** Copies the worker is told to drop until it reports them gone. */
  removals: Removals;
  /** As of before the registration under way: what that does not list is gone. */
  removalsBefore: Removals | undefined;
  /** One for each tier and medium. */
  readonly places: Map<string, Place>;
  registration: Registration | undefined;
  /** The last registration that has ended; undefined for workers that do not tell, as Java's. */
  session: Session | undefined;
  /** The process that was last given this id; undefined for workers that do not tell. */
  incarnation: bigint | undefined;
  /** The number of the last heartbeat that counted. */
  lastBeat: bigint;
  /** Commits of earlier numbers are those that the worker has given up. */
  openFrom: bigint;
  /** The newest generation of a copy that the worker has told of; infinite when it does not tell. */
  generation: number;
  readonly recent: RecentCommits;
  /** Wakes the worker's control call, when it has one. */
  wake: (() => void) | undefined;
}

/** Whether readers are sent to the copies of a worker. */
export function isServing(worker: WorkerState): boolean {
  return worker.state !== 'lost';
}
