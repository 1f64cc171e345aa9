// The worker's standing with the master: registered, heard of each second, told of new blocks. One loop owns it:
//
//   away --GetWorkerId, RegisterWorkerStream--> registered --heartbeat answers "Register", or a new master--> away
import {
  fail,
  kindOf,
  messageOf,
  randomId63,
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
import { addition, additionTo, common, fileSystemMaster, workerReport } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { BlockStore } from '../store/block-store.js';
import type { FileSource } from '../scrub/page-repair.js';
import type { MountSource } from '../under/mounts.js';
import type { BlockAnnouncer } from '../write/commit-block.js';
import type { BlockChanges, ChangeReport } from './block-changes.js';
import type { MetricsReport } from './metrics-report.js';
import type { PinSource } from './pins.js';
import {
  blockMasterMethods,
  entriesOf,
  register,
  requestClusterId,
  requestWorkerId,
  storageLists,
  type RegisterOptions,
  type WorkerIdentity,
} from './register.js';

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
  /** Blocks in one heartbeat; when there are more, the next follows at once. */
  readonly reportMax: number;
  readonly registering: RegisterOptions;
  /** Without a master for so long the worker gives up; never when it is not positive. */
  readonly giveUpMs: number;
  /** Known once the worker serves. */
  readonly identity: () => WorkerIdentity;
  /** The master orders copies away, up to a generation of each, or of all. Answers at once; the removal is reported when it is done. */
  readonly onFree: (ids: readonly BlockId[], generations: readonly bigint[] | bigint) => void;
  readonly onRegistered: (id: WorkerId) => void;
  readonly onAway: () => void;
  readonly onGaveUp: (error: Error) => void;
}

export class MasterLink implements BlockAnnouncer, FileSource, MountSource, PinSource {
  readonly #o: MasterLinkOptions;
  readonly #stop = new AbortController();
  #workerId: WorkerId | undefined;
  /** Of this process. */
  readonly #incarnation: bigint;
  #registration = 0;
  #beats = 0;
  /** Storage directories that the master has heard to be out of service, by tier. */
  #toldLost: ReadonlyMap<string, readonly string[]> = new Map();
  #registered: Promise<void>;
  #markRegistered: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #lastError = 'not tried yet';

  constructor(options: MasterLinkOptions) {
    this.#o = options;
    this.#incarnation = randomId63(options.random);
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
    const { changes, store } = this.#o;
    const sequence = changes.beginCommit();
    try {
      await this.#tellCommitted(block, sequence, timeoutMs);
    } finally {
      changes.endCommit(sequence);
    }
    // Gone meanwhile: a heartbeat may have said so before the master had the commit.
    if (store.get(block.id)?.generation !== block.generation) changes.removed(block.id);
  }

  async #tellCommitted(block: Block, sequence: number, timeoutMs: number): Promise<void> {
    const { clock, channel, store } = this.#o;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const workerId = await this.#registeredId(deadlineMs);
      const { tierAlias, mediumType } = block.directory;
      const usedBytesOnTier = BigInt(store.usage().find((tier) => tier.alias === tierAlias)?.usedBytes ?? 0);
      const registration = this.#registration;
      const told = { ...this.#session(), sequence: BigInt(sequence), generation: block.generation };
      const options = addition(workerReport.Committing, told);
      const request = { workerId, usedBytesOnTier, tierAlias, blockId: block.id, length: BigInt(block.length), mediumType, options };
      const leftMs = deadlineMs - clock.monotonicMs();
      try {
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
    const { clock, giveUpMs } = this.#o;
    let retryMs = FIRST_RETRY_MS;
    let awayMs = clock.monotonicMs();
    while (!this.#stop.signal.aborted) {
      try {
        await this.#register();
        retryMs = FIRST_RETRY_MS;
        await this.#beat();
        awayMs = clock.monotonicMs();
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        this.#lastError = messageOf(error);
        this.#o.log.info('not registered', { reason: this.#lastError });
        if (giveUpMs > 0 && clock.monotonicMs() - awayMs >= giveUpMs) {
          this.#o.onGaveUp(fail('unavailable', `No master for ${giveUpMs / 1000} s: ${this.#lastError}`));
          return;
        }
        await this.#pause(retryMs * (0.5 + this.#o.random.next() / 2));
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
      } finally {
        if (this.#workerId !== undefined) this.#leave();
      }
    }
  }

  async #register(): Promise<void> {
    const { channel, clock, store, changes, log, registering } = this.#o;
    const identity = this.#o.identity();
    const cluster = await requestClusterId(channel);
    if (cluster !== undefined) await store.belongTo(cluster);
    const workerId = await requestWorkerId(channel, identity, this.#incarnation);
    const number = BigInt(++this.#registration);
    changes.clear();
    const told = { incarnation: this.#incarnation, number, newestGeneration: changes.newestGeneration };
    this.#toldLost = store.lostStorage();
    await register({ channel, clock, workerId, identity, store, told, options: registering, signal: this.#stop.signal });
    this.#workerId = workerId;
    this.#markRegistered();
    log.info('registered', { worker: workerId.toString() });
    this.#o.onRegistered(workerId);
  }

  #session(): { readonly incarnation: bigint; readonly registration: bigint } {
    return { incarnation: this.#incarnation, registration: BigInt(this.#registration) };
  }

  #leave(): void {
    this.#workerId = undefined;
    this.#registered = new Promise((resolve) => (this.#markRegistered = resolve));
    this.#o.onAway();
  }

  /** Until the master wants a registration. A heartbeat that fails is followed by the next. */
  async #beat(): Promise<void> {
    let isMoreToTell = false;
    for (;;) {
      if (!isMoreToTell) await this.#pause(this.#o.heartbeatMs);
      isMoreToTell = false;
      this.#stop.signal.throwIfAborted();
      try {
        const answer = await this.#heartbeat();
        if (answer === 'register') return;
        isMoreToTell = answer === 'more';
      } catch (error) {
        if (kindOf(error) === 'notFound') return;
        this.#o.log.debug('heartbeat failed', { reason: messageOf(error) });
      }
    }
  }

  async #heartbeat(): Promise<'ok' | 'more' | 'register'> {
    const { store, changes, metrics, channel, reportMax } = this.#o;
    const report = changes.report(reportMax, (id) => store.get(id)?.announced === true);
    // Of a master that does not fence its orders: what is made from now on is not meant by its answer.
    const newest = changes.newestGeneration;
    const usage = store.usage();
    const lost = store.lostStorage();
    const request = {
      workerId: this.#workerId,
      usedBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.usedBytes)])),
      removedBlockIds: [...report.removed],
      addedBlocks: entriesOf(report.added.map((id) => store.get(id)).filter((block) => block !== undefined)),
      lostStorage: storageLists(newlyLost(this.#toldLost, lost)),
      options: {
        metrics: metrics.take(),
        capacityBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.capacityBytes)])),
        ...addition(workerReport.Beating, this.#beating(report, lost)),
      },
    };
    const { command } = await channel.unary(blockMasterMethods.blockHeartbeat, request, { timeoutMs: CALL_TIMEOUT_MS });
    if (command?.commandType === common.CommandType.Register) return 'register';
    changes.delivered(report, (id) => store.has(id));
    this.#toldLost = lost;
    metrics.delivered();
    if (command?.commandType === common.CommandType.Free)
      this.#o.onFree((command.data ?? []) as BlockId[], additionTo(workerReport.Freeing, command)?.generations ?? newest);
    return report.isFull ? 'more' : 'ok';
  }

  #beating({ until, kept }: ChangeReport, lost: ReadonlyMap<string, string[]>): workerReport.Beating {
    const { openFrom, newestGeneration } = this.#o.changes;
    return {
      ...this.#session(),
      number: BigInt(++this.#beats),
      sequence: BigInt(until),
      openFrom: BigInt(openFrom),
      newestGeneration,
      keptBlockIds: [...kept],
      lost: [...lost].map(([tierAlias, paths]) => ({ tierAlias, paths })),
    };
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

/** What is out of service and was not when it was last told: a Java master adds to what it has. */
function newlyLost(told: ReadonlyMap<string, readonly string[]>, now: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const [tier, paths] of now) {
    const fresh = paths.filter((path) => told.get(tier)?.includes(path) !== true);
    if (fresh.length > 0) out.set(tier, fresh);
  }
  return out;
}
