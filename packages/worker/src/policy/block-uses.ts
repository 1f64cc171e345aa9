// Reads of this worker, counted by block, user and reason. The blocks that were read of late are remembered; a read costs a look or two
// into maps.
import type { BlockId } from '@alluvium/base';
import type { cacheService } from '@alluvium/wire';
import type { Departures } from './departures.js';
import type { MissCause, ReadObserver } from './read-observer.js';
import type { MissReason } from './reasons.js';
import { ReasonCounts } from './reason-counts.js';
import { UseSums } from './use-sums.js';

/** Blocks remembered. */
const MAX_BLOCKS = 16_384;
/** Blocks and users told apart between two reports; the reads of further ones count without a name. */
const MAX_FRESH = 16_384;
const MAX_USERS = 256;
/** Blocks looked at to find one that was not read since the last report. */
const LOOKS = 4;
const OTHERS = '';

/** What is remembered of a block that was read. */
export class BlockUse {
  readonly id: BlockId;
  /** Since it is remembered. */
  readonly all = new UseSums();
  /** Since the last report. */
  readonly fresh = new UseSums();
  isFresh = false;
  /** Since the epoch, to the interval of reports. */
  lastMs = 0;
  lastMiss: MissReason | undefined;

  constructor(id: BlockId) {
    this.id = id;
  }
}

export class BlockUses implements ReadObserver {
  readonly misses = new ReasonCounts<MissReason>();
  readonly #departures: Departures;
  /** The oldest first; one that was read since goes to the end when its turn comes. */
  readonly #blocks = new Map<BlockId, BlockUse>();
  readonly #users = new Map<string, UseSums>();
  #fresh: BlockUse[] = [];
  /** Stands in for blocks that are not told apart. */
  readonly #others = new BlockUse(-1n as BlockId);
  #last: BlockUse = this.#others;
  #lastUser: string | undefined;
  #lastUserSums = new UseSums();
  /** Told by {@link tick}: reading a clock for each small read costs more than counting it. */
  #nowMs = 0;

  constructor(departures: Departures) {
    this.#departures = departures;
  }

  hit(block: BlockId, bytes: number, user: string): void {
    const use = this.#use(block);
    use.fresh.hits++;
    use.fresh.hitBytes += bytes;
    use.lastMs = this.#nowMs;
    const sums = this.#userSums(user);
    sums.hits++;
    sums.hitBytes += bytes;
  }

  miss(block: BlockId, cause: MissCause, bytes: number, user: string): void {
    const use = this.#use(block);
    const reason = cause === 'absent' ? (this.#departures.get(block)?.why ?? 'neverCached') : cause;
    use.fresh.misses++;
    use.fresh.missBytes += bytes;
    use.lastMs = this.#nowMs;
    use.lastMiss = reason;
    this.misses.add(reason, bytes);
    const sums = this.#userSums(user);
    sums.misses++;
    sums.missBytes += bytes;
  }

  /** What time it is, since the epoch. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** What is remembered of a block; its fresh reads count too. */
  get(block: BlockId): BlockUse | undefined {
    return this.#blocks.get(block);
  }

  /** Blocks that are remembered. */
  get size(): number {
    return this.#blocks.size;
  }

  /** Blocks that were read since the last call; the caller settles what is fresh of each. */
  takeFresh(): readonly BlockUse[] {
    const taken = this.#fresh;
    this.#fresh = [];
    for (const use of taken) use.isFresh = false;
    return taken;
  }

  /** Not told yet after all. */
  giveBack(use: BlockUse): void {
    if (use.isFresh) return;
    use.isFresh = true;
    this.#fresh.push(use);
  }

  /** Reads that were counted, of blocks that are not told apart any more. */
  addUnplaced({ hits = 0n, hitBytes = 0n, misses = 0n, missBytes = 0n }: cacheService.UseFigures): void {
    const { fresh } = this.#others;
    fresh.hits += Number(hits);
    fresh.hitBytes += Number(hitBytes);
    fresh.misses += Number(misses);
    fresh.missBytes += Number(missBytes);
    this.giveBack(this.#others);
  }

  takeUsers(): ReadonlyMap<string, UseSums> {
    const taken = new Map(this.#users);
    this.#users.clear();
    this.#lastUser = undefined;
    return taken;
  }

  giveBackUsers(users: ReadonlyMap<string, UseSums>): void {
    for (const [user, sums] of users) this.#userSums(user).add(sums);
  }

  #use(block: BlockId): BlockUse {
    let use = this.#last;
    if (use.id !== block) use = this.#blocks.get(block) ?? this.#remember(block);
    this.#last = use;
    if (!use.isFresh) {
      if (this.#fresh.length >= MAX_FRESH) use = this.#others;
      this.giveBack(use);
    }
    return use;
  }

  #remember(block: BlockId): BlockUse {
    if (this.#blocks.size >= MAX_BLOCKS) this.#forgetOne();
    const use = new BlockUse(block);
    this.#blocks.set(block, use);
    return use;
  }

  /** One of the oldest that was not read lately. What is fresh of it is still reported. */
  #forgetOne(): void {
    let looks = 0;
    for (const [id, use] of this.#blocks) {
      this.#blocks.delete(id);
      if (!use.isFresh || ++looks >= LOOKS) return;
      this.#blocks.set(id, use);
    }
  }

  #userSums(user: string): UseSums {
    if (user === this.#lastUser) return this.#lastUserSums;
    let sums = this.#users.get(user);
    if (sums === undefined) {
      const name = this.#users.size < MAX_USERS ? user : OTHERS;
      sums = this.#users.get(name) ?? new UseSums();
      this.#users.set(name, sums);
    }
    this.#lastUser = user;
    this.#lastUserSums = sums;
    return sums;
  }
}
