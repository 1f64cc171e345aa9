// The worker's talk with the master about its cache: once an interval it tells what was read and what it keeps, and asks for the classes
// of files that it does not know. No read waits for it: what is not known has no policy.
import { fail, fileIdOf, kindOf, messageOf, sleep, type BlockId, type Clock, type ContainerId, type WorkerId } from '@alluvium/base';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { cacheService } from '@alluvium/wire';
import type { BlockUse, BlockUses } from './block-uses.js';
import type { ClassList } from './class-list.js';
import { containerNumber, type FileFacts } from './file-facts.js';
import type { ReasonCounts } from './reason-counts.js';
import type { LeaveReason } from './reasons.js';
import type { UnknownFiles } from './unknown-files.js';
import { UseSums } from './use-sums.js';

const { exchangeCache } = methodsOf(cacheService.CacheServiceDefinition);

const CALL_TIMEOUT_MS = 10_000;
/** Files asked about in one call, and the pause before the next when there are more. */
const FILES = 2000;
const PAUSE_MS = 50;

export interface ExchangeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly channel: RpcChannel;
  readonly intervalMs: number;
  readonly uses: BlockUses;
  readonly left: ReasonCounts<LeaveReason>;
  readonly classes: ClassList;
  readonly facts: FileFacts;
  readonly unknown: UnknownFiles;
  /** The blocks here of a file have another class than before. */
  readonly regroup: (blocks: readonly BlockId[]) => void;
  /** After each exchange. */
  readonly onExchanged: () => void;
}

interface Report {
  readonly request: cacheService.ExchangeCacheRequest;
  readonly fresh: readonly BlockUse[];
  readonly users: ReadonlyMap<string, UseSums>;
}

export class CacheExchange {
  readonly #p: ExchangeParts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #epoch: bigint | undefined;
  #version: string | undefined;
  #changes = 0n;

  constructor(parts: ExchangeParts, worker: WorkerId) {
    this.#p = parts;
    this.#running = this.#run(worker);
  }

  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The worker has left the master'));
    await this.#running;
  }

  /** Until it is stopped, or the master knows nothing of this. */
  async #run(worker: WorkerId): Promise<void> {
    const { clock, log, intervalMs, unknown } = this.#p;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let isMore = false;
      try {
        await this.#exchange(worker);
        isMore = unknown.isMore;
      } catch (error) {
        if (kindOf(error) === 'unimplemented') return;
        log.debug('cache not told of', { reason: messageOf(error) });
      }
      await sleep(clock, isMore ? Math.min(PAUSE_MS, intervalMs) : intervalMs, signal).catch(() => undefined);
    }
  }

  async #exchange(workerId: WorkerId): Promise<void> {
    const { channel, unknown, uses, clock, onExchanged } = this.#p;
    uses.tick(clock.nowMs());
    const report = this.#report(workerId);
    const asked = unknown.take(FILES);
    const containers = [...asked.keys()];
    const fileIds = containers.map((container) => fileIdOf(BigInt(container) as ContainerId));
    let reply: cacheService.ExchangeCacheReply;
    try {
      reply = await channel.unary(exchangeCache, { ...report.request, fileIds }, { timeoutMs: CALL_TIMEOUT_MS, signal: this.#stop.signal });
    } catch (error) {
      this.#takeBack(report);
      unknown.giveBack(asked);
      throw error;
    }
    this.#learn(reply);
    this.#learnFiles(reply, containers, asked);
    onExchanged();
  }

  /** What was counted since the last one. A block whose place is not known is told with the next. */
  #report(workerId: WorkerId): Report {
    const { uses, left, classes, facts, unknown } = this.#p;
    const places = new Map<number, UseSums>();
    const fresh = uses.takeFresh();
    for (const use of fresh) {
      const container = containerNumber(use.id);
      const fact = use.id < 0n ? { place: 0 } : facts.get(container);
      if (fact === undefined && unknown.want(container)) {
        uses.giveBack(use);
        continue;
      }
      const place = fact?.place ?? 0;
      let sums = places.get(place);
      if (sums === undefined) places.set(place, (sums = new UseSums()));
      sums.add(use.fresh);
      use.all.add(use.fresh);
      use.fresh.clear();
    }
    const users = uses.takeUsers();
    const request: cacheService.ExchangeCacheRequest = {
      workerId,
      changes: this.#changes,
      places: [...places].map(([place, sums]) => ({ place, figures: sums.message() })),
      users: [...users].map(([user, sums]) => ({ user, figures: sums.message() })),
      misses: uses.misses.take(),
      left: left.take(),
      classes: classes.uses(),
    };
    if (this.#epoch !== undefined) request.epoch = this.#epoch;
    if (this.#version !== undefined) request.classesVersion = this.#version;
    return { request, fresh, users };
  }

  /** The master may not have heard it. The sums by place are not divided again: they are told without a place. */
  #takeBack({ request, users }: Report): void {
    const { uses, left } = this.#p;
    for (const { figures } of request.places ?? []) uses.addUnplaced(figures ?? {});
    uses.giveBackUsers(users);
    uses.misses.giveBack(request.misses ?? []);
    left.giveBack(request.left ?? []);
  }

  #learn(reply: cacheService.ExchangeCacheReply): void {
    const { classes, facts, unknown } = this.#p;
    if (reply.classes !== undefined) classes.set(reply.classes.classes ?? []);
    this.#version = reply.classesVersion;
    this.#changes = reply.changes ?? 0n;
    if (this.#epoch !== reply.epoch) {
      this.#epoch = reply.epoch;
      facts.clear();
      unknown.everything();
      return;
    }
    for (const [at, id] of (reply.changedFileIds ?? []).entries()) {
      const container = containerNumber(id as BlockId);
      facts.delete(container);
      unknown.again(container, reply.changedFileBlocks?.[at] ?? 0);
    }
  }

  #learnFiles(reply: cacheService.ExchangeCacheReply, containers: readonly number[], asked: ReadonlyMap<number, readonly BlockId[]>): void {
    const { facts, regroup, unknown } = this.#p;
    const { fileClasses = [], filePlaces = [] } = reply;
    const answered = Math.min(fileClasses.length, filePlaces.length);
    const blocks: BlockId[] = [];
    for (let i = 0; i < answered; i++) {
      facts.set(containers[i]!, { classId: fileClasses[i]!, place: filePlaces[i]! });
      for (const block of asked.get(containers[i]!) ?? []) blocks.push(block);
    }
    unknown.giveBack(new Map(containers.slice(answered).map((container) => [container, asked.get(container) ?? []])));
    if (blocks.length > 0) regroup(blocks);
  }
}
