// The worker's standing with the master: registered, heard of each second, told of new blocks. One loop owns it:
//
//   away --GetWorkerId, RegisterWorkerStream--> registered --heartbeat answers "Register", or a new master--> away
import {
  fail,
  kindOf,
  messageOf,
  sleep,
  type BlockId,
  type Clock,
  type InodeId,
  type MountId,
  type Random,
  type WorkerId,
} from '@alluvium/base';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import { common, fileSystemMaster } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { BlockStore } from '../store/block-store.js';
import type { FileSource } from '../scrub/page-repair.js';
import type { MountSource } from '../under/mounts.js';
import type { BlockAnnouncer } from '../write/commit-block.js';
import type { BlockChanges } from './block-changes.js';
import type { MetricsReport } from './metrics-report.js';
import type { PinSource } from './pins.js';
import { blockMasterMethods, entriesOf, register, requestClusterId, requestWorkerId, type WorkerIdentity } from './register.js';

const fileMethods = methodsOf(fileSystemMaster.FileSystemMasterWorkerServiceDefinition);

const CALL_TIMEOUT_MS = 30_000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2000;
const COMMIT_RETRY_MS = 200;

export interface MasterLinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly channel: RpcChannel;
  readonly store: BlockStore;
  readonly changes: BlockChanges;
  readonly metrics: MetricsReport;
  readonly heartbeatMs: number;
  /** Known once the worker serves. */
  readonly identity: () => WorkerIdentity;
  /** The master orders copies away. Answers at once; the removal is reported when it is done. */
  readonly onFree: (ids: readonly BlockId[]) => void;
  readonly onRegistered: (id: WorkerId) => void;
  readonly onAway: () => void;
}

export class MasterLink implements BlockAnnouncer, FileSource, MountSource, PinSource {
  readonly #o: MasterLinkOptions;
  readonly #stop = new AbortController();
  #workerId: WorkerId | undefined;
  #registration = 0;
  #registered: Promise<void>;
  #markRegistered: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #lastError = 'not tried yet';

  constructor(options: MasterLinkOptions) {
    this.#o = options;
    this.#registered = new Promise((resolve) => (this.#markRegistered = resolve));
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The worker stops'));
    await this.#running;
  }

  /** Undefined while the master does not know this worker. */
  get workerId(): WorkerId | undefined {
    return this.#workerId;
  }

  get lastError(): string {
    return this.#lastError;
  }

  /** Waits out a registration under way, so that a commit never falls between the list it sends and its end. */
  async commitBlock(block: Block, timeoutMs: number): Promise<void> {
    const { clock, channel, store } = this.#o;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const workerId = await this.#registeredId(deadlineMs);
      const { tierAlias, mediumType } = block.directory;
      const usedBytesOnTier = BigInt(store.usage().find((tier) => tier.alias === tierAlias)?.usedBytes ?? 0);
      const request = { workerId, usedBytesOnTier, tierAlias, blockId: block.id, length: BigInt(block.length), mediumType };
      const leftMs = deadlineMs - clock.monotonicMs();
      try {
        const registration = this.#registration;
        await channel.unary(blockMasterMethods.commitBlock, request, { timeoutMs: Math.max(1, Math.min(leftMs, CALL_TIMEOUT_MS)) });
        // A registration that began meanwhile may have dropped the new location again; telling twice is harmless.
        if (registration === this.#registration) return;
      } catch (error) {
        // Not found: the master has forgotten this worker, and the next heartbeat will say so.
        const isWorthAnother = kindOf(error) === 'notFound' || kindOf(error) === 'unavailable' || kindOf(error) === 'deadlineExceeded';
        if (!isWorthAnother || leftMs <= COMMIT_RETRY_MS) throw error;
        await sleep(clock, COMMIT_RETRY_MS, this.#stop.signal);
      }
    }
  }

  async ufsInfo(mountId: MountId): Promise<fileSystemMaster.UfsInfo | undefined> {
    const { ufsInfo } = await this.#o.channel.unary(fileMethods.getUfsInfo, { mountId }, { timeoutMs: CALL_TIMEOUT_MS });
    return ufsInfo;
  }

  async pinnedFiles(): Promise<ReadonlySet<InodeId>> {
    const { pinnedFileIds } = await this.#o.channel.unary(fileMethods.getPinnedFileIds, {}, { timeoutMs: CALL_TIMEOUT_MS });
    return new Set((pinnedFileIds ?? []) as InodeId[]);
  }

  async fileInfo(fileId: InodeId): Promise<fileSystemMaster.FileInfo> {
    const { fileInfo } = await this.#o.channel.unary(fileMethods.getFileInfo, { fileId }, { timeoutMs: CALL_TIMEOUT_MS });
    return fileInfo ?? {};
  }

  async isSettled(fileId: InodeId): Promise<boolean> {
    try {
      return (await this.fileInfo(fileId)).persisted === true;
    } catch (error) {
      if (kindOf(error) === 'notFound') return true;
      throw error;
    }
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#register();
        retryMs = FIRST_RETRY_MS;
        await this.#beat();
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        this.#lastError = messageOf(error);
        this.#o.log.info('not registered', { reason: this.#lastError });
        await this.#pause(retryMs * (0.5 + this.#o.random.next() / 2));
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
      } finally {
        if (this.#workerId !== undefined) this.#leave();
      }
    }
  }

  async #register(): Promise<void> {
    const { channel, clock, store, changes, log } = this.#o;
    const identity = this.#o.identity();
    const cluster = await requestClusterId(channel);
    if (cluster !== undefined) await store.belongTo(cluster);
    const workerId = await requestWorkerId(channel, identity);
    this.#registration++;
    changes.clear();
    await register({ channel, clock, workerId, identity, store });
    this.#workerId = workerId;
    this.#markRegistered();
    log.info('registered', { worker: workerId.toString() });
    this.#o.onRegistered(workerId);
  }

  #leave(): void {
    this.#workerId = undefined;
    this.#registered = new Promise((resolve) => (this.#markRegistered = resolve));
    this.#o.onAway();
  }

  /** Until the master wants a registration. A heartbeat that fails is followed by the next. */
  async #beat(): Promise<void> {
    for (;;) {
      await this.#pause(this.#o.heartbeatMs);
      this.#stop.signal.throwIfAborted();
      try {
        if ((await this.#heartbeat()) === 'register') return;
      } catch (error) {
        if (kindOf(error) === 'notFound') return;
        this.#o.log.debug('heartbeat failed', { reason: messageOf(error) });
      }
    }
  }

  async #heartbeat(): Promise<'ok' | 'register'> {
    const { store, changes, metrics, channel } = this.#o;
    const report = changes.report();
    const usage = store.usage();
    const added = report.added.map((id) => store.get(id)).filter((block) => block !== undefined);
    const request = {
      workerId: this.#workerId,
      usedBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.usedBytes)])),
      removedBlockIds: [...report.removed],
      addedBlocks: entriesOf(added),
      lostStorage: {},
      options: {
        metrics: metrics.take(),
        capacityBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.capacityBytes)])),
      },
    };
    const { command } = await channel.unary(blockMasterMethods.blockHeartbeat, request, { timeoutMs: CALL_TIMEOUT_MS });
    if (command?.commandType === common.CommandType.Register) return 'register';
    changes.delivered(report, (id) => store.has(id));
    metrics.delivered();
    if (command?.commandType === common.CommandType.Free) this.#o.onFree((command.data ?? []) as BlockId[]);
    return 'ok';
  }

  async #registeredId(deadlineMs: number): Promise<WorkerId> {
    const { clock } = this.#o;
    while (this.#workerId === undefined) {
      const over = new AbortController();
      const leftMs = Math.max(0, deadlineMs - clock.monotonicMs());
      const late = sleep(clock, leftMs, AbortSignal.any([over.signal, this.#stop.signal])).then(() => {
        throw fail('unavailable', `Cannot commit a block: the master does not know this worker (${this.#lastError})`);
      });
      await Promise.race([this.#registered, late]).finally(() => over.abort());
    }
    return this.#workerId;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(this.#o.clock, ms, this.#stop.signal).catch(() => undefined);
  }
}
