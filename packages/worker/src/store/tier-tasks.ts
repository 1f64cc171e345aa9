// Keeps hot blocks in fast tiers and cold ones in slow ones, while users leave the disks alone:
//
//   promote  a block that was read goes up, where there is room
//   align    and where there is none, it changes places with a block above that is used less
//   demote   a tier that gets full hands its coldest blocks down instead of evicting them later
import { fail, kindOf, messageOf, sleep, type BlockId, type Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { BlockStore } from './block-store.js';
import type { Block } from './block.js';
import type { StorageDirectory } from './storage-directory.js';

export interface TierTasksOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly align: boolean;
  readonly promote: boolean;
  /** How full promotion makes a tier; fuller than that, it hands blocks down. */
  readonly fullPercent: number;
  /** How long no user may have read or written before anything is moved. */
  readonly coolDownMs: number;
  /** Moves at a time. */
  readonly concurrency: number;
}

const ROUND_MS = 1000;
/** Blocks handed down in one round. */
const DEMOTIONS = 100;
/** Of blocks that are being moved: one larger than this goes alone. */
const MAX_BYTES_MOVING = 256 << 20;

export class TierTasks {
  readonly #o: TierTasksOptions;
  readonly #stop = new AbortController();
  readonly #tiers: StorageDirectory[][];
  #running: Promise<void> = Promise.resolve();
  #bytesMoving = 0;
  /** Blocks that could not be moved for the moment. */
  readonly #busy = new Set<BlockId>();

  constructor(options: TierTasksOptions) {
    this.#o = options;
    const tiers = new Map<string, StorageDirectory[]>();
    for (const directory of options.store.directories)
      tiers.set(directory.tierAlias, [...(tiers.get(directory.tierAlias) ?? []), directory]);
    this.#tiers = [...tiers.values()];
  }

  /** With one tier there is nothing to do. */
  start(): void {
    if (this.#tiers.length > 1) this.#running = this.#run();
  }

  /** Resolves when the moves under way are over. */
  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The worker stops'));
    await this.#running;
  }

  /** Everything that is to be done now. Ends early when users come. */
  async round(): Promise<void> {
    await this.#promote();
    if (this.#o.promote) for (let tier = 0; tier < this.#tiers.length - 1 && this.#isQuiet(); tier++) await this.#demote(tier);
  }

  async #run(): Promise<void> {
    const { clock } = this.#o;
    const { warm } = this.#o.store;
    let asked = new AbortController();
    warm.onAsked = () => asked.abort();
    while (!this.#stop.signal.aborted) {
      await sleep(clock, ROUND_MS, AbortSignal.any([this.#stop.signal, asked.signal])).catch(() => undefined);
      asked = new AbortController();
      if (!this.#stop.signal.aborted && (this.#isQuiet() || warm.hasAsked)) await this.round();
    }
  }

  #isQuiet(): boolean {
    return !this.#stop.signal.aborted && this.#o.store.activity.quietMs() >= this.#o.coolDownMs;
  }

  /** What a reader asked for does not wait for quiet; the rest is tried again when it is read again. */
  async #promote(): Promise<void> {
    const { store, promote } = this.#o;
    const wanted = store.warm.take(promote && this.#isQuiet());
    this.#busy.clear();
    await this.#each(wanted, async ({ id, isAsked }) => {
      if (!isAsked && !this.#isQuiet()) return;
      const block = store.get(id);
      if (block !== undefined) await this.#raise(block, isAsked);
    });
    for (const { id, isAsked } of wanted) if (isAsked && this.#busy.has(id)) store.warm.again(id);
  }

  /** To the fastest tier that can take it. */
  async #raise(block: Block, isAsked: boolean): Promise<void> {
    const { align } = this.#o;
    const tier = this.#tierOf(block);
    for (let upper = 0; upper < tier; upper++) {
      const able = this.#tiers[upper]!.filter((directory) => isAsked || this.#belowFull(directory) >= block.length);
      const directory = mostRoom(able);
      if (directory !== undefined && (await this.#move(block, directory)) > 0) return;
      if ((align || isAsked) && (await this.#changePlaces(block, upper)) > 0) return;
    }
  }

  /** Hands those blocks of the upper tier down that are used less than `block`, until it fits. Answers the bytes that went up. */
  async #changePlaces(block: Block, upper: number): Promise<number> {
    const { store } = this.#o;
    const directory = mostRoom(this.#tiers[upper]!);
    if (directory === undefined || directory.capacityBytes < block.length) return 0;
    while (directory.availableBytes < block.length) {
      const cold = store.coldest(directory);
      if (cold === undefined || cold.holds > 0 || !store.isColder(cold, block)) return 0;
      if ((await this.#lower(cold, upper)) === 0) return 0;
    }
    return this.#move(block, directory);
  }

  /** Down to `fullPercent`, as far as a slower tier has room. */
  async #demote(tier: number): Promise<void> {
    const { store } = this.#o;
    for (const directory of this.#tiers[tier]!) {
      for (let left = DEMOTIONS; left > 0 && this.#belowFull(directory) < 0 && this.#isQuiet(); left--) {
        const cold = store.coldest(directory);
        if (cold === undefined || cold.holds > 0 || (await this.#lower(cold, tier)) === 0) break;
      }
    }
  }

  /** To the next slower tier that has room for it. */
  async #lower(block: Block, tier: number): Promise<number> {
    for (const slower of this.#tiers.slice(tier + 1)) {
      const directory = mostRoom(slower.filter((each) => this.#belowFull(each) >= block.length));
      const moved = directory === undefined ? 0 : await this.#move(block, directory);
      if (moved > 0) return moved;
    }
    return 0;
  }

  async #move(block: Block, directory: StorageDirectory): Promise<number> {
    const { store, log } = this.#o;
    this.#bytesMoving += block.length;
    try {
      return await store.moveInto(block, directory);
    } catch (error) {
      if (kindOf(error) === 'unavailable') this.#busy.add(block.id);
      log.debug('block not moved', { block: block.id.toString(), kind: kindOf(error), reason: messageOf(error) });
      return 0;
    } finally {
      this.#bytesMoving -= block.length;
    }
  }

  /** A few at a time, fewer of large blocks. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const pending = [...items];
    const one = async (n: number): Promise<void> => {
      for (;;) {
        const item = pending.shift();
        if (item === undefined || this.#stop.signal.aborted) return;
        await work(item);
        if (n > 0 && this.#bytesMoving >= MAX_BYTES_MOVING) return;
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, this.#o.concurrency) }, (_, n) => one(n)));
  }

  /** How many bytes more are within `fullPercent`; negative when it is fuller. */
  #belowFull(directory: StorageDirectory): number {
    return (directory.capacityBytes * this.#o.fullPercent) / 100 - directory.usedBytes;
  }

  #tierOf(block: Block): number {
    return this.#tiers.findIndex((tier) => tier.includes(block.directory));
  }
}

function mostRoom(directories: readonly StorageDirectory[]): StorageDirectory | undefined {
  let best: StorageDirectory | undefined;
  for (const directory of directories) {
    if (directory.state === 'serving' && (best === undefined || directory.availableBytes > best.availableBytes)) best = directory;
  }
  return best;
}
