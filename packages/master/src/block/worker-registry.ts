import { fail, randomId63, type BlockId, type Clock, type Random, type WorkerId } from '@alluvium/base';
import { IdSet, PagedMap } from '@alluvium/metastore';
import type { blockMaster, common } from '@alluvium/wire';
import type { WorkerListener } from './worker-listener.js';

/** Most block ids that one Free command carries; the rest follows with the next heartbeat. */
const FREE_BATCH = 10_000;

export interface WorkerState {
  readonly id: WorkerId;
  readonly address: common.WorkerNetAddress;
  /**
   *   announced --registers--> live <--silent, heard of again--> lost --silent for long--> forgotten
   *                            live --an operator's word--> decommissioned --registers again--> live
   */
  state: 'announced' | 'live' | 'lost' | 'decommissioned';
  lastContactMs: number;
  startTimeMs: number;
  totalBytes: Map<string, bigint>;
  usedBytes: Map<string, bigint>;
  lostStorage: Map<string, readonly string[]>;
  buildVersion: common.BuildVersion | undefined;
  cpus: number;
  /** Blocks with a copy here, and where. */
  readonly blocks: PagedMap<BlockId, common.BlockLocation>;
  /** Copies the worker is told to drop until it reports them gone. */
  readonly toRemove: IdSet<BlockId>;
  /** One shared message per tier and medium. */
  readonly places: Map<string, common.BlockLocation>;
  /** Wakes the worker's control call, when it has one. */
  wake: (() => void) | undefined;
}

export interface BlockReport {
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly blockIds: readonly bigint[];
}

/** Tier order when a block has several copies; unknown aliases last. */
const TIER_ORDER: readonly string[] = ['MEM', 'SSD', 'HDD'];
const NOWHERE: readonly common.BlockLocation[] = [];

/** Who the workers are and where copies of blocks lie. All of it is soft: a restarted master learns it by registration. */
export class WorkerRegistry {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #isKnownBlock: (id: BlockId) => boolean;
  readonly #onRegistered: () => void;
  readonly #workers = new Map<WorkerId, WorkerState>();
  readonly #byAddress = new Map<string, WorkerState>();
  /** Host and web port of workers that may not register until they are enabled again. */
  readonly #disabled = new Set<string>();
  readonly #locations = new PagedMap<BlockId, common.BlockLocation[]>();
  readonly #listeners: WorkerListener[] = [];

  constructor(clock: Clock, random: Random, isKnownBlock: (id: BlockId) => boolean, onRegistered: () => void = () => {}) {
    this.#clock = clock;
    this.#random = random;
    this.#isKnownBlock = isKnownBlock;
    this.#onRegistered = onRegistered;
  }

  listen(listener: WorkerListener): void {
    this.#listeners.push(listener);
  }

  /** The id of the worker at an address; the same again as long as it is remembered. */
  announce(address: common.WorkerNetAddress): WorkerId {
    const key = addressKey(address);
    const known = this.#byAddress.get(key);
    if (known !== undefined) return known.id;
    const worker: WorkerState = {
      id: randomId63(this.#random) as WorkerId,
      address,
      state: 'announced',
      lastContactMs: this.#clock.monotonicMs(),
      startTimeMs: this.#clock.nowMs(),
      totalBytes: new Map(),
      usedBytes: new Map(),
      lostStorage: new Map(),
      buildVersion: undefined,
      cpus: 0,
      blocks: new PagedMap(),
      toRemove: new IdSet(),
      places: new Map(),
      wake: undefined,
    };
    this.#workers.set(worker.id, worker);
    this.#byAddress.set(key, worker);
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

  /** A registration begins: what this worker had before counts no more. */
  beginRegistration(id: WorkerId, request: blockMaster.RegisterWorkerPRequest): WorkerState {
    const worker = this.get(id);
    this.requireEnabled(worker);
    this.#dropLocations(worker);
    worker.toRemove.clear();
    worker.totalBytes = bytesByTier(request.totalBytesOnTiers);
    worker.usedBytes = bytesByTier(request.usedBytesOnTiers);
    worker.lostStorage = storageOf(request.lostStorage);
    worker.buildVersion = request.options?.buildVersion;
    worker.cpus = request.options?.numVCpu ?? 0;
    worker.startTimeMs = this.#clock.nowMs();
    this.#touch(worker);
    return worker;
  }

  finishRegistration(worker: WorkerState): void {
    worker.state = 'live';
    this.#touch(worker);
    this.#onRegistered();
    for (const listener of this.#listeners) listener.registered?.(worker);
  }

  /** Copies reported at registration or moved since. A block that the master does not know is ordered away. */
  addBlocks(worker: WorkerState, report: BlockReport): void {
    const place = placeOf(worker, report.tierAlias, report.mediumType);
    for (const id of report.blockIds as readonly BlockId[]) {
      if (this.#isKnownBlock(id)) this.#addLocation(worker, id, place);
      else worker.toRemove.add(id);
    }
  }

  removeBlocks(worker: WorkerState, ids: readonly bigint[]): void {
    for (const id of ids as readonly BlockId[]) {
      worker.toRemove.delete(id);
      this.#removeLocation(worker, id);
    }
  }

  /** A worker committed a copy; the block's metadata is in the journal. */
  commitBlock(worker: WorkerState, id: BlockId, tierAlias: string, mediumType: string, usedBytesOnTier: bigint): void {
    worker.usedBytes.set(tierAlias, usedBytesOnTier);
    worker.toRemove.delete(id);
    this.#addLocation(worker, id, placeOf(worker, tierAlias, mediumType));
    this.#touch(worker);
  }

  /** Answers what the worker has to drop, at most one batch. */
  heartbeat(worker: WorkerState, request: blockMaster.BlockHeartbeatPRequest): bigint[] {
    for (const [tier, bytes] of bytesByTier(request.usedBytesOnTiers)) worker.usedBytes.set(tier, bytes);
    const capacity = bytesByTier(request.options?.capacityBytesOnTiers);
    if (capacity.size > 0) worker.totalBytes = capacity;
    for (const [tier, storage] of storageOf(request.lostStorage)) worker.lostStorage.set(tier, storage);
    this.#touch(worker);
    const free: bigint[] = [];
    for (const id of worker.toRemove) {
      free.push(id);
      if (free.length === FREE_BATCH) break;
    }
    return free;
  }

  /** Orders every copy of the blocks away and forgets where they are. */
  free(ids: Iterable<BlockId>): void {
    for (const id of ids) {
      const places = this.#locations.get(id);
      if (places === undefined) continue;
      this.#locations.delete(id);
      for (const place of places) {
        const worker = this.#workers.get(place.workerId as WorkerId);
        if (worker === undefined) continue;
        worker.blocks.delete(id);
        worker.toRemove.add(id);
        worker.wake?.();
        for (const listener of this.#listeners) listener.gone?.(id, worker);
      }
    }
  }

  locations(id: BlockId): readonly common.BlockLocation[] {
    return this.#locations.get(id) ?? NOWHERE;
  }

  /** Every block that a worker has a copy of, in any order; survives changes made meanwhile. Of a lost worker: what it had. */
  copiesOf(worker: WorkerState): Generator<BlockId, void> {
    return worker.blocks.keys();
  }

  hasCopy(worker: WorkerState, id: BlockId): boolean {
    return worker.blocks.has(id);
  }

  /** Every block that has copies, in any order; survives changes made meanwhile. */
  located(): Generator<[BlockId, readonly common.BlockLocation[]], void> {
    return this.#locations.entries();
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
   * Takes a worker out of service: nobody is sent there any more, except for blocks that `isNeeded` here, such as the only copies of
   * what no store has. It comes back by registering, unless that is refused from now on. Throws `notFound`.
   */
  decommission(host: string, webPort: number | undefined, mayRegister: boolean, isNeeded: (id: BlockId) => boolean): void {
    const known = [...this.live(), ...this.decommissioned()].filter(
      ({ address }) => address.host === host && (webPort === undefined || address.webPort === webPort),
    );
    if (known.length === 0) throw fail('notFound', `Worker ${host}:${webPort ?? ''} not found`);
    for (const worker of known) {
      if (mayRegister) this.#disabled.delete(machineKey(worker.address));
      else this.#disabled.add(machineKey(worker.address));
      worker.state = 'decommissioned';
      for (const id of worker.blocks.keys()) if (!isNeeded(id)) this.#removeLocation(worker, id);
    }
  }

  /** Lets workers of a host register again. */
  enable(host: string, webPort: number | undefined): void {
    for (const key of this.#disabled)
      if (key === machineKey({ host, webPort }) || (webPort === undefined && key.startsWith(`${host}|`))) this.#disabled.delete(key);
  }

  isDisabled(worker: WorkerState): boolean {
    return this.#disabled.has(machineKey(worker.address));
  }

  requireEnabled(worker: WorkerState): void {
    if (!this.isDisabled(worker)) return;
    throw fail(
      'failedPrecondition',
      `Worker ${worker.address.host}:${worker.address.webPort} is disabled: fsadmin enableWorker lets it register`,
    );
  }

  #inState(state: WorkerState['state']): WorkerState[] {
    return [...this.#workers.values()].filter((worker) => worker.state === state);
  }

  /** Declares silent workers lost, and forgets those lost for long. Answers the newly lost. */
  expire(lostAfterMs: number, forgetAfterMs: number): WorkerState[] {
    const now = this.#clock.monotonicMs();
    const newlyLost: WorkerState[] = [];
    for (const worker of this.#workers.values()) {
      const silentMs = now - worker.lastContactMs;
      if ((worker.state === 'live' || worker.state === 'decommissioned') && silentMs > lostAfterMs) {
        worker.state = 'lost';
        for (const listener of this.#listeners) listener.lost?.(worker);
        this.#dropLocations(worker);
        newlyLost.push(worker);
      } else if (worker.state !== 'live' && silentMs > lostAfterMs + forgetAfterMs) {
        // Of a registration that broke off.
        this.#dropLocations(worker);
        this.#workers.delete(worker.id);
        this.#byAddress.delete(addressKey(worker.address));
      }
    }
    return newlyLost;
  }

  #touch(worker: WorkerState): void {
    worker.lastContactMs = this.#clock.monotonicMs();
  }

  #addLocation(worker: WorkerState, id: BlockId, place: common.BlockLocation): void {
    const before = worker.blocks.get(id);
    if (before === place) return;
    worker.blocks.set(id, place);
    const places = (this.#locations.get(id) ?? []).filter((other) => other !== before);
    places.push(place);
    places.sort((a, b) => tierRank(a.tierAlias) - tierRank(b.tierAlias));
    this.#locations.set(id, places);
    for (const listener of this.#listeners) listener.located?.(id, worker);
  }

  #removeLocation(worker: WorkerState, id: BlockId): void {
    const place = worker.blocks.get(id);
    if (place === undefined) return;
    worker.blocks.delete(id);
    const places = (this.#locations.get(id) ?? []).filter((other) => other !== place);
    if (places.length === 0) this.#locations.delete(id);
    else this.#locations.set(id, places);
    if (worker.state !== 'lost') for (const listener of this.#listeners) listener.gone?.(id, worker);
  }

  #dropLocations(worker: WorkerState): void {
    for (const id of worker.blocks.keys()) this.#removeLocation(worker, id);
  }
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

/** What an operator names a worker by. */
function machineKey({ host, webPort }: { readonly host?: string | undefined; readonly webPort?: number | undefined }): string {
  return `${host ?? ''}|${webPort ?? ''}`;
}

function placeOf(worker: WorkerState, tierAlias: string, mediumType: string): common.BlockLocation {
  const key = `${tierAlias}/${mediumType}`;
  let place = worker.places.get(key);
  if (place === undefined) {
    place = { workerId: worker.id, workerAddress: worker.address, tierAlias, mediumType };
    worker.places.set(key, place);
  }
  return place;
}

function tierRank(alias: string | undefined): number {
  const rank = TIER_ORDER.indexOf(alias ?? '');
  return rank < 0 ? TIER_ORDER.length : rank;
}
