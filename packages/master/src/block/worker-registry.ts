import { fail, randomId63, type BlockId, type Clock, type Random, type WorkerId } from '@alluvium/base';
import type { blockMaster, common, workerReport } from '@alluvium/wire';
import { Copies, type Place } from './copies.js';
import { RecentCommits } from './recent-commits.js';
import { ANY_GENERATION, Removals, type RemovalOrder } from './removals.js';
import { judgeRegistration } from './report-fence.js';
import type { ServiceWord } from '../replication/service-words.js';
import { Slices } from './slices.js';
import type { WorkerListener } from './worker-listener.js';
import { isServing, type Registration, type WorkerState } from './worker-state.js';

export type { WorkerState } from './worker-state.js';

/** Most block ids that one Free command carries; the rest follows with the next heartbeat. */
const FREE_BATCH = 10_000;

export interface BlockReport {
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly blockIds: Iterable<bigint>;
}

/** A copy that a worker has committed. */
export interface CommittedCopy {
  readonly id: BlockId;
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly usedBytesOnTier: bigint;
  /** Undefined for workers that do not tell. */
  readonly told: workerReport.Committing | undefined;
}

/** Who the workers are and where copies of blocks lie. All of it is soft: a restarted master learns it by registration. */
export class WorkerRegistry {
  readonly slices: Slices;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #isKnownBlock: (id: BlockId) => boolean;
  readonly #onRegistered: () => void;
  readonly #workers = new Map<WorkerId, WorkerState>();
  readonly #byAddress = new Map<string, WorkerState>();
  /** Host and web port of workers that may not register until they are enabled again. */
  readonly #disabled = new Set<string>();
  /** Workers that were being drained when the master ended, and have not come back yet. */
  readonly #toDrain = new Set<string>();
  readonly #copies: Copies;
  readonly #listeners: WorkerListener[] = [];

  constructor(clock: Clock, random: Random, isKnownBlock: (id: BlockId) => boolean, onRegistered: () => void = () => {}) {
    this.#clock = clock;
    this.#random = random;
    this.#isKnownBlock = isKnownBlock;
    this.#onRegistered = onRegistered;
    this.slices = new Slices(clock);
    this.#copies = new Copies(this.slices);
  }

  listen(listener: WorkerListener): void {
    this.#listeners.push(listener);
  }

  /** What operators said before this start. */
  recall(words: Iterable<ServiceWord>): void {
    for (const word of words) {
      if (word.isDisabled) this.#disabled.add(machineKey(word));
      if (word.isDraining) this.#toDrain.add(machineKey(word));
    }
  }

  /** Ends what goes on in slices. */
  stop(): void {
    this.#copies.stop();
  }

  /** The id of the worker at an address; the same again as long as it is remembered. `incarnation`: of the process, if it tells. */
  announce(address: common.WorkerNetAddress, incarnation?: bigint): WorkerId {
    const key = addressKey(address);
    let worker = this.#byAddress.get(key);
    if (worker === undefined) {
      worker = this.#newWorker(address);
      this.#workers.set(worker.id, worker);
      this.#byAddress.set(key, worker);
    }
    worker.incarnation = incarnation;
    return worker.id;
  }

  find(id: WorkerId): WorkerState | undefined {
    return this.#workers.get(id);
  }

  /** Throws `notFound`, upon which a worker asks for its id again. */
  get(id: WorkerId): WorkerState {
    const worker = this.#workers.get(id);
    if (worker === undefined) throw fail('notFound', `No worker with workerId ${id} is found.`);
    return worker;
  }

  /**
   * A registration begins: what is reported from now on is what the worker has. What it had before stays readable until the registration
   * ends. One that was under way counts no more. Throws `aborted` when this one is late itself.
   */
  beginRegistration(id: WorkerId, request: blockMaster.RegisterWorkerPRequest): WorkerState {
    const worker = this.get(id);
    this.requireEnabled(worker);
    const { session, generation } = judgeRegistration(worker, request);
    worker.registration = { session };
    if (worker.state === 'lost') worker.state = 'announced';
    this.#copies.nextMark(worker);
    if (worker.removalsBefore === undefined) worker.removalsBefore = worker.removals;
    else for (const block of worker.removals) worker.removalsBefore.add(block, worker.removals.generation(block) ?? ANY_GENERATION);
    worker.removals = new Removals();
    worker.generation = generation;
    worker.totalBytes = bytesByTier(request.totalBytesOnTiers);
    worker.usedBytes = bytesByTier(request.usedBytesOnTiers);
    this.#setLostStorage(worker, storageOf(request.lostStorage));
    worker.buildVersion = request.options?.buildVersion;
    worker.cpus = request.options?.numVCpu ?? 0;
    worker.startTimeMs = this.#clock.nowMs();
    this.touch(worker);
    return worker;
  }

  /** The worker serves. What it has not told of is forgotten, in slices. */
  finishRegistration(worker: WorkerState): void {
    const session = worker.registration?.session;
    worker.registration = undefined;
    worker.removalsBefore = undefined;
    worker.session = session;
    worker.lastBeat = -1n;
    worker.openFrom = 0n;
    worker.recent.clear();
    worker.state = worker.draining ? 'decommissioned' : 'live';
    this.touch(worker);
    const { mark } = worker;
    void this.#copies.sweep(
      worker,
      () => worker.mark !== mark,
      (id) => this.#tellGone(id, worker),
    );
    this.#onRegistered();
    for (const listener of this.#listeners) listener.registered?.(worker);
  }

  /** A registration has broken off. What it told of stays, and so does what was known before. */
  abandonRegistration(worker: WorkerState, registration: Registration): void {
    if (worker.registration === registration) worker.registration = undefined;
  }

  /** Copies reported at registration or moved since. A block that the master does not know is ordered away. */
  addBlocks(worker: WorkerState, report: BlockReport): void {
    const place = this.#copies.place(worker, report.tierAlias, report.mediumType);
    for (const id of report.blockIds as Iterable<BlockId>) this.#addReported(place, id);
  }

  /** {@link addBlocks} in slices, for a registration. Throws `aborted` when another has begun meanwhile. */
  async addListed(worker: WorkerState, registration: Registration, report: BlockReport): Promise<void> {
    const place = this.#copies.place(worker, report.tierAlias, report.mediumType);
    for (const id of report.blockIds as Iterable<BlockId>) {
      this.#addReported(place, id);
      if (!this.slices.spent()) continue;
      await this.slices.rest();
      requireUnderWay(worker, registration);
    }
  }

  #addReported(place: Place, id: BlockId): void {
    const { worker } = place;
    if (worker.removals.has(id)) return;
    const before = worker.removalsBefore?.generation(id);
    if (before !== undefined) worker.removals.add(id, before);
    else if (!this.#isKnownBlock(id)) worker.removals.add(id, worker.generation);
    else this.#add(id, place);
  }

  removeBlocks(worker: WorkerState, ids: readonly bigint[]): void {
    for (const id of ids as readonly BlockId[]) {
      worker.removals.delete(id);
      this.#removeCopy(id, worker);
    }
  }

  /** What a heartbeat tells of blocks that were ordered away and are there anew. */
  keepBlocks(worker: WorkerState, ids: readonly bigint[]): void {
    for (const id of ids as readonly BlockId[]) worker.removals.delete(id);
  }

  /** A worker committed a copy; the block's metadata is in the journal. A copy that was ordered away already stays so. */
  commitBlock(worker: WorkerState, id: BlockId, tierAlias: string, mediumType: string, usedBytesOnTier: bigint): void {
    this.commitCopy(worker, { id, tierAlias, mediumType, usedBytesOnTier, told: undefined });
  }

  commitCopy(worker: WorkerState, { id, tierAlias, mediumType, usedBytesOnTier, told }: CommittedCopy): void {
    worker.usedBytes.set(tierAlias, usedBytesOnTier);
    this.touch(worker);
    if (told !== undefined) {
      const generation = Number(told.generation ?? 0n);
      if (generation > worker.generation) worker.generation = generation;
      if (generation <= (worker.removals.generation(id) ?? -1)) return;
      worker.recent.add(id, told.sequence ?? 0n);
    }
    worker.removals.delete(id);
    this.#add(id, this.#copies.place(worker, tierAlias, mediumType));
  }

  /** Answers what the worker has to drop, at most one batch. */
  heartbeat(worker: WorkerState, request: blockMaster.BlockHeartbeatPRequest, told?: workerReport.Beating): RemovalOrder {
    for (const [tier, bytes] of bytesByTier(request.usedBytesOnTiers)) worker.usedBytes.set(tier, bytes);
    const capacity = bytesByTier(request.options?.capacityBytesOnTiers);
    if (capacity.size > 0) worker.totalBytes = capacity;
    this.#setLostStorage(worker, lostStorageOf(worker, request, told));
    if (told !== undefined) this.#noteBeat(worker, told);
    this.touch(worker);
    if (worker.state === 'lost') this.#return(worker);
    return worker.removals.open(FREE_BATCH);
  }

  /** Removals of a heartbeat that concern copies which were committed after it was made are of copies before. */
  removedBefore(worker: WorkerState, ids: readonly bigint[], told: workerReport.Beating | undefined): bigint[] {
    const sequence = told?.sequence;
    return sequence === undefined ? [...ids] : ids.filter((id) => !worker.recent.isSince(id as BlockId, sequence));
  }

  /** Orders every copy of the blocks away and forgets where they are. */
  free(ids: readonly BlockId[]): void {
    const woken = new Set<WorkerState>();
    for (const id of ids) {
      for (const worker of this.#copies.workersOf(id)) {
        this.#copies.remove(id, worker);
        worker.removals.add(id, worker.generation);
        woken.add(worker);
        this.#tellGone(id, worker);
      }
    }
    for (const worker of woken) worker.wake?.();
    for (const listener of this.#listeners) listener.freed?.(ids);
  }

  /** Orders the copy of a block at one worker away. */
  freeCopy(id: BlockId, worker: WorkerState): void {
    if (!this.#removeCopy(id, worker)) return;
    worker.removals.add(id, worker.generation);
    worker.wake?.();
  }

  /** Where readers are sent, best tier first; nowhere that is lost. The message is shared, never changed. */
  locations(id: BlockId): readonly common.BlockLocation[] {
    return this.#copies.locations(id);
  }

  /** Whether a worker has a copy, or had one when it was lost. */
  hasCopy(worker: WorkerState, id: BlockId): boolean {
    return this.#copies.has(id, worker);
  }

  /** All workers with a copy of a block, also those that are lost. */
  workersOf(id: BlockId): WorkerState[] {
    return this.#copies.workersOf(id);
  }

  /**
   * Goes through what a worker has, or had when it was lost, in slices of the event loop, the first at once; may come to a block twice.
   * Ends early once `isOver`.
   */
  eachCopy(worker: WorkerState, visit: (id: BlockId) => void, isOver?: () => boolean): Promise<void> {
    return this.#copies.each(worker, visit, isOver);
  }

  /** Copies in all, of lost workers too. */
  get copyCount(): number {
    return this.#copies.size;
  }

  /** Every block that a worker serves a copy of, in any order; survives changes made meanwhile. Some may come twice. */
  located(): Generator<BlockId, void> {
    return this.#copies.located();
  }

  /** All that are remembered, whatever their state. */
  all(): IterableIterator<WorkerState> {
    return this.#workers.values();
  }

  live(): WorkerState[] {
    return this.#inState('live');
  }

  lost(): WorkerState[] {
    return this.#inState('lost');
  }

  decommissioned(): WorkerState[] {
    return this.#inState('decommissioned');
  }

  /**
   * Takes workers out of service: nobody is sent there to write any more. What they have is served until {@link endDrain}. Throws
   * `notFound`.
   */
  decommission(host: string, webPort: number | undefined, mayRegister: boolean): WorkerState[] {
    const known = [...this.live(), ...this.decommissioned()].filter((worker) => isNamed(worker, host, webPort));
    if (known.length === 0) throw fail('notFound', `Worker ${host}:${webPort ?? ''} not found`);
    for (const worker of known) {
      if (mayRegister) this.#disabled.delete(machineKey(worker.address));
      else this.#disabled.add(machineKey(worker.address));
      worker.state = 'decommissioned';
      worker.draining = true;
    }
    return known;
  }

  /** What a worker that was taken out of service has is nobody's any more. It comes back by registering, unless that is refused. */
  endDrain(worker: WorkerState): void {
    worker.draining = false;
    void this.#copies.each(
      worker,
      (id) => this.#removeCopy(id, worker),
      () => worker.state !== 'decommissioned',
    );
  }

  /**
   * Lets workers of a host register again. Those that still hand over what they have are back in service at once, those that are through
   * when they have registered, which they are asked for.
   */
  enable(host: string, webPort: number | undefined): void {
    for (const keys of [this.#disabled, this.#toDrain])
      for (const key of keys)
        if (key === machineKey({ host, webPort }) || (webPort === undefined && key.startsWith(`${host}|`))) keys.delete(key);
    for (const worker of this.#workers.values()) {
      if (!isNamed(worker, host, webPort)) continue;
      const { draining } = worker;
      worker.draining = false;
      if (worker.state !== 'decommissioned') continue;
      worker.state = draining ? 'live' : 'announced';
      if (draining) for (const listener of this.#listeners) listener.registered?.(worker);
    }
  }

  isDisabled(worker: WorkerState): boolean {
    return this.#disabled.has(machineKey(worker.address));
  }

  requireEnabled(worker: WorkerState): void {
    if (!this.isDisabled(worker) || worker.draining) return;
    throw fail(
      'failedPrecondition',
      `Worker ${worker.address.host}:${worker.address.webPort} is disabled: fsadmin enableWorker lets it register`,
    );
  }

  #inState(state: WorkerState['state']): WorkerState[] {
    return [...this.#workers.values()].filter((worker) => worker.state === state);
  }

  /**
   * Declares silent workers lost: nobody is sent there any more. What they had is remembered as long as they are, in case they come back.
   * Forgets those lost for long. Answers the newly lost.
   */
  expire(lostAfterMs: number, forgetAfterMs: number): WorkerState[] {
    const now = this.#clock.monotonicMs();
    const newlyLost: WorkerState[] = [];
    for (const worker of this.#workers.values()) {
      const silentMs = now - worker.lastContactMs;
      const isIn = worker.state === 'live' || worker.state === 'decommissioned';
      if (!isIn && silentMs > lostAfterMs + forgetAfterMs) {
        // Also one whose registration broke off.
        worker.state = 'lost';
        this.#workers.delete(worker.id);
        this.#byAddress.delete(addressKey(worker.address));
        void this.#copies.forget(worker);
      } else if (isIn && silentMs > lostAfterMs) {
        // One that was out of service has to register to be in it.
        if (worker.state === 'decommissioned' && !worker.draining) worker.session = undefined;
        worker.state = 'lost';
        worker.registration = undefined;
        newlyLost.push(worker);
        for (const listener of this.#listeners) listener.lost?.(worker);
      }
    }
    return newlyLost;
  }

  touch(worker: WorkerState): void {
    worker.lastContactMs = this.#clock.monotonicMs();
  }

  /** A lost worker is heard of again, and nothing that it said was missed. */
  #return(worker: WorkerState): void {
    worker.state = worker.draining ? 'decommissioned' : 'live';
    this.#onRegistered();
    for (const listener of this.#listeners) listener.returned?.(worker);
  }

  #noteBeat(worker: WorkerState, told: workerReport.Beating): void {
    const sequence = told.sequence ?? 0n;
    worker.lastBeat = told.number ?? 0n;
    worker.openFrom = told.openFrom ?? sequence;
    worker.recent.forgetBefore(sequence);
    const generation = Number(told.newestGeneration ?? 0n);
    if (generation > worker.generation) worker.generation = generation;
  }

  #setLostStorage(worker: WorkerState, lost: Map<string, readonly string[]>): void {
    const before = worker.lostStorage;
    worker.lostStorage = lost;
    for (const [tier, paths] of lost) {
      for (const path of paths)
        if (before.get(tier)?.includes(path) !== true) for (const listener of this.#listeners) listener.directoryLost?.(worker, tier, path);
    }
  }

  #add(id: BlockId, place: Place): void {
    if (this.#copies.add(id, place)) for (const listener of this.#listeners) listener.located?.(id, place.worker);
  }

  #removeCopy(id: BlockId, worker: WorkerState): boolean {
    const isRemoved = this.#copies.remove(id, worker);
    if (isRemoved) this.#tellGone(id, worker);
    return isRemoved;
  }

  #tellGone(id: BlockId, worker: WorkerState): void {
    if (isServing(worker)) for (const listener of this.#listeners) listener.gone?.(id, worker);
  }

  #newWorker(address: common.WorkerNetAddress): WorkerState {
    return {
      id: randomId63(this.#random) as WorkerId,
      address,
      state: 'announced',
      draining: this.#toDrain.delete(machineKey(address)),
      lastContactMs: this.#clock.monotonicMs(),
      startTimeMs: this.#clock.nowMs(),
      totalBytes: new Map(),
      usedBytes: new Map(),
      lostStorage: new Map(),
      buildVersion: undefined,
      cpus: 0,
      copies: 0,
      listed: 0,
      mark: 0,
      unswept: 0,
      removals: new Removals(),
      removalsBefore: undefined,
      places: new Map(),
      registration: undefined,
      session: undefined,
      incarnation: undefined,
      lastBeat: -1n,
      openFrom: 0n,
      generation: ANY_GENERATION,
      recent: new RecentCommits(),
      wake: undefined,
    };
  }
}

/** Throws `aborted`. */
export function requireUnderWay(worker: WorkerState, registration: Registration): void {
  if (worker.registration !== registration)
    throw fail('aborted', `Cannot register worker ${worker.id}: another registration has taken the place of this one`);
}

function bytesByTier(map: Readonly<Record<string, bigint>> | undefined): Map<string, bigint> {
  return new Map(Object.entries(map ?? {}));
}

function storageOf(map: Readonly<Record<string, blockMaster.StorageList>> | undefined): Map<string, readonly string[]> {
  return new Map(Object.entries(map ?? {}).map(([tier, list]) => [tier, list.storage ?? []]));
}

/** The identity of a worker: host, ports, container host and domain socket path. */
function addressKey(address: common.WorkerNetAddress): string {
  return [address.host, address.containerHost, address.rpcPort, address.dataPort, address.webPort, address.domainSocketPath].join('|');
}

function isNamed({ address }: WorkerState, host: string, webPort: number | undefined): boolean {
  return address.host === host && (webPort === undefined || address.webPort === webPort);
}

/** What an operator names a worker by. */
function machineKey({ host, webPort }: { readonly host?: string | undefined; readonly webPort?: number | undefined }): string {
  return `${host ?? ''}|${webPort ?? ''}`;
}

/** Java's workers tell of a directory once, ours as long as it is out of service. */
function lostStorageOf(
  { lostStorage }: WorkerState,
  request: blockMaster.BlockHeartbeatPRequest,
  told: workerReport.Beating | undefined,
): Map<string, readonly string[]> {
  if (told !== undefined) return new Map((told.lost ?? []).map(({ tierAlias = '', paths = [] }) => [tierAlias, paths]));
  const all = new Map(lostStorage);
  for (const [tier, paths] of storageOf(request.lostStorage)) all.set(tier, [...new Set([...(all.get(tier) ?? []), ...paths])]);
  return all;
}
