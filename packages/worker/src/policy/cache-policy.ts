// Policies of the cache on this worker: which class a block is in, what goes first, what may be cached, and what is told of reads.
import type { BlockId, Clock, WorkerId } from '@alluvium/base';
import type { RpcChannel } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import type { cacheService } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { CacheClasses } from '../store/cache-classes.js';
import type { RemovalReason } from '../store/resident.js';
import type { Admission } from './admission.js';
import { BlockUses } from './block-uses.js';
import { ClassList, LOW, OVER_QUOTA } from './class-list.js';
import { Departures } from './departures.js';
import { CacheExchange } from './exchange.js';
import { explainBlocks, type PartialFacts } from './explain-blocks.js';
import { containerNumber, FileFacts } from './file-facts.js';
import { QuotaKeeper, type EvictingStore } from './quota-keeper.js';
import type { ReadObserver } from './read-observer.js';
import { ReasonCounts } from './reason-counts.js';
import type { LeaveReason } from './reasons.js';
import { UnknownFiles } from './unknown-files.js';

/** Blocks that left, and files whose class is known. */
const DEPARTURES = 16_384;
const FILES = 65_536;

/** What of the store this needs. */
export interface GroupedStore extends EvictingStore {
  get(id: BlockId): Block | undefined;
  isProtected(block: Block): boolean;
  /** Of all blocks of a group, whole and in part. */
  groupBytes(group: number): number;
  /** Asks for the group of the block again. */
  regroup(id: BlockId): void;
  /** Whole blocks and those of which some pages are here. */
  residentIds(): Iterator<BlockId>;
  isResident(id: BlockId): boolean;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Made after this, which the store asks for classes. */
  readonly channel: () => RpcChannel;
  readonly intervalMs: number;
  /** As the channel. */
  readonly store: () => GroupedStore;
  readonly partialOf: (id: BlockId) => PartialFacts | undefined;
}

export class CachePolicy implements CacheClasses {
  readonly #p: Parts;
  readonly #departures = new Departures(DEPARTURES);
  readonly #uses = new BlockUses(this.#departures);
  readonly #left = new ReasonCounts<LeaveReason>();
  readonly #facts = new FileFacts(FILES);
  readonly #classes: ClassList;
  readonly #unknown: UnknownFiles;
  readonly #quotas: QuotaKeeper;
  #exchange: CacheExchange | undefined;
  /** Exchanges that are ending. */
  #ended: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    const { store } = parts;
    this.#p = parts;
    this.#classes = new ClassList((group) => store().groupBytes(group));
    this.#unknown = new UnknownFiles({ all: () => store().residentIds(), has: (id) => store().isResident(id) });
    this.#quotas = new QuotaKeeper({
      classes: this.#classes,
      classOf: (id) => this.#classOf(id),
      store: { evictGroups: (groups, bytes) => store().evictGroups(groups, bytes) },
    });
  }

  get observer(): ReadObserver {
    return {
      hit: (block, bytes, user) => this.#uses.hit(block, bytes, user),
      miss: (block, cause, bytes, user) => {
        const isRefused = cause === 'noRoom' && this.#quotas.hasRefused(block);
        this.#uses.miss(block, isRefused ? 'overQuota' : cause, bytes, user);
      },
    };
  }

  get admission(): Admission {
    return this.#quotas;
  }

  rank(group: number): number {
    return this.#classes.rank(group);
  }

  /** A file that is not known has no policy; the master is asked, and the block is told apart when it answers. */
  group(id: BlockId): number {
    if (this.#classes.isEmpty) return 0;
    const container = containerNumber(id);
    const fact = this.#facts.get(container);
    if (fact === undefined) this.#unknown.came(container, id);
    return fact?.classId ?? 0;
  }

  /** A block is gone from the store; `bytes` of it were here. */
  removed(id: BlockId, why: RemovalReason, group: number, bytes: number): void {
    const reason = this.#reasonOf(why, group);
    if (reason === undefined) return;
    this.#departures.add(id, { why: reason, atMs: this.#p.clock.nowMs() });
    this.#left.add(reason, bytes);
  }

  /** The master knows this worker: the talk with it begins. */
  open(worker: WorkerId): void {
    this.close();
    const { clock, log, channel, intervalMs, store } = this.#p;
    const parts = {
      clock,
      log,
      channel: channel(),
      intervalMs,
      uses: this.#uses,
      left: this.#left,
      classes: this.#classes,
      facts: this.#facts,
      unknown: this.#unknown,
      regroup: (blocks: readonly BlockId[]) => {
        for (const id of blocks) store().regroup(id);
      },
      onExchanged: () => this.#quotas.trim(),
    };
    this.#exchange = new CacheExchange(parts, worker);
  }

  close(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange !== undefined) this.#ended = Promise.all([this.#ended, exchange.stop()]).then(() => undefined);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.close();
    await this.#ended;
  }

  explain(order: cacheService.ExplainOrder): cacheService.ExplainResult {
    const { store, partialOf } = this.#p;
    return explainBlocks(
      {
        blockOf: (id) => store().get(id),
        partialOf,
        isProtected: (block) => store().isProtected(block),
        isOverQuota: (id) => this.#classes.excessBytes(this.#classOf(id)) >= 0,
        uses: this.#uses,
        departures: this.#departures,
      },
      order,
    );
  }

  #classOf(id: BlockId): number {
    return this.#facts.get(containerNumber(id))?.classId ?? 0;
  }

  /** Undefined for what is no departure: pages of a block that is whole now. */
  #reasonOf(why: RemovalReason, group: number): LeaveReason | undefined {
    switch (why) {
      case 'asked':
        return 'freed';
      case 'replaced':
        return undefined;
      case 'evicted':
        return this.#whyEvicted(group, 'evictedLru');
      case 'evictedAhead':
        return this.#whyEvicted(group, why);
      default:
        return why;
    }
  }

  #whyEvicted(group: number, otherwise: LeaveReason): LeaveReason {
    if (this.#quotas.isKeeping) return 'evictedOverQuota';
    const rank = this.#classes.rank(group);
    return rank === OVER_QUOTA ? 'evictedOverQuota' : rank === LOW ? 'evictedLowPriority' : otherwise;
  }
}
