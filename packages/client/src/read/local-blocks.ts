// Short-circuit reading: blocks of a worker on this machine whose files are opened here. The worker keeps a block in its place for as
// long as its OpenLocalBlock call lives. What is read so passes no check of the worker's sums.
import { fail, kindOf } from '@alluvium/base';
import type { Timer } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import type { ClientStream } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { inTime } from '../abort.js';
import { isFileOfBlock } from '../machine/block-path.js';
import type { LocalFile } from '../machine/local-machine.js';
import type { ClientContext } from '../operations/context.js';
import type { ChannelLease } from '../worker/worker-channels.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { OpenBlock, OpenBlocks } from './open-blocks.js';

const { openLocalBlock } = methodsOf(blockWorker.BlockWorkerDefinition);

/** Blocks that one open file keeps open; a worker can evict none of them. */
const MOST_OPEN = 4;
/** How long one lies open that nobody reads. */
const IDLE_MS = 10_000;
const OPEN_MS = 30_000;
/** Blocks that are remembered as not to be had so. */
const MOST_REFUSED = 4096;
/** Answers by which a worker sends its clients on to ReadBlock. */
const REFUSALS = new Set(['notFound', 'unimplemented', 'permissionDenied']);

type Call = ClientStream<blockWorker.OpenLocalBlockRequest, blockWorker.OpenLocalBlockResponse>;

/** A block's file in use: `done` gives it back. */
export interface LocalBlock {
  readonly file: LocalFile;
  /** Reading it waits for no device. */
  readonly inMemory: boolean;
  done(): void;
}

interface Entry {
  readonly opening: Promise<Opened | undefined>;
  users: number;
  idle: Timer | undefined;
  /** Closed, or about to be. */
  shut: boolean;
}

interface Opened {
  readonly file: LocalFile;
  readonly call: Call;
  readonly lease: ChannelLease;
}

export class LocalBlocks {
  readonly #context: ClientContext;
  readonly #blocks: OpenBlocks;
  /** By worker and block, the least recently used first. */
  readonly #open = new Map<string, Entry>();
  readonly #refused = new Set<bigint>();
  #closed = false;

  constructor(context: ClientContext, blocks: OpenBlocks) {
    this.#context = context;
    this.#blocks = blocks;
  }

  /** Undefined when the worker is to be asked for the bytes. Rejects as a failed worker does. */
  async use(worker: WorkerTarget, block: OpenBlock): Promise<LocalBlock | undefined> {
    if (!(await this.#mayOpen(worker, block))) return undefined;
    const key = `${worker.key} ${block.blockId}`;
    const entry = this.#open.get(key) ?? this.#newEntry(key, worker, block);
    this.#open.delete(key);
    this.#open.set(key, entry);
    entry.idle?.cancel();
    entry.users++;
    this.#evict();
    const opened = await entry.opening.catch((error: unknown) => {
      this.#forget(key, entry);
      throw error;
    });
    if (opened === undefined) {
      this.#forget(key, entry);
      return undefined;
    }
    let used = true;
    return {
      file: opened.file,
      inMemory: this.#blocks.isInMemory(block, worker),
      done: () => {
        if (used) this.#done(key, entry);
        used = false;
      },
    };
  }

  /** The file of the block is not as it should be: it is not used again. */
  refuse({ blockId }: OpenBlock): void {
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.add(blockId);
    for (const [key, entry] of this.#open) if (key.endsWith(` ${blockId}`)) this.#forget(key, entry);
  }

  /** What is being read is read to its end. */
  close(): void {
    this.#closed = true;
    for (const [key, entry] of this.#open) if (entry.users === 0) this.#forget(key, entry);
  }

  async #mayOpen(worker: WorkerTarget, block: OpenBlock): Promise<boolean> {
    const { locality, machine, unshared } = this.#context.workers;
    const { settings } = this.#blocks;
    if (this.#closed || machine === undefined || !settings.shortCircuit) return false;
    if (worker.socketPath !== '' && !settings.shortCircuitPreferred) return false;
    if (unshared.has(worker) || this.#refused.has(block.blockId)) return false;
    if (!this.#blocks.locations(block).some(({ key }) => key === worker.key)) return false;
    if (settings.socketAsUuid) return await machine.isSocket(worker.socketPath);
    await locality.learn([worker], settings);
    return locality.isHere(worker, settings);
  }

  #newEntry(key: string, worker: WorkerTarget, block: OpenBlock): Entry {
    const entry: Entry = { opening: this.#openFile(worker, block), users: 0, idle: undefined, shut: false };
    // A worker that ends the call holds the block no longer: whoever reads the file may go on, others open it anew.
    entry.opening
      .then((opened) => opened?.call.read())
      .catch(ignore)
      .finally(() => this.#forget(key, entry));
    return entry;
  }

  async #openFile(worker: WorkerTarget, block: OpenBlock): Promise<Opened | undefined> {
    const { clock, workers } = this.#context;
    const lease = workers.channels.lease(await workers.reached(worker, this.#blocks.settings));
    const call: Call = lease.channel.stream(openLocalBlock, {});
    const what = (): string => `Cannot open the file of block ${block.blockId}`;
    try {
      call.write({ blockId: block.blockId, promote: this.#blocks.readType === 'CACHE_PROMOTE' }).catch(ignore);
      const answer = await inTime(call.read(), clock, OPEN_MS, what);
      if (answer === undefined) throw fail('unavailable', `${what()}: the worker said nothing`);
      const { path = '' } = answer;
      if (isFileOfBlock(path, block.blockId)) {
        const file = await inTime(workers.machine!.open(path, 'read'), clock, OPEN_MS, what).catch(ignore);
        if (file !== undefined) return { file, call, lease };
      }
      workers.unshared.note(worker);
    } catch (error) {
      end(call, lease);
      if (REFUSALS.has(kindOf(error))) {
        this.refuse(block);
        return undefined;
      }
      throw error;
    }
    end(call, lease);
    return undefined;
  }

  #done(key: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    if (this.#closed || this.#open.get(key) !== entry) this.#shut(entry);
    else entry.idle = this.#context.clock.schedule(IDLE_MS, () => this.#forget(key, entry));
    this.#evict();
  }

  #evict(): void {
    for (const [key, entry] of this.#open) {
      if (this.#open.size <= MOST_OPEN) return;
      if (entry.users === 0) this.#forget(key, entry);
    }
  }

  /** Not used again; closed when nobody reads it any more. */
  #forget(key: string, entry: Entry): void {
    if (this.#open.get(key) === entry) this.#open.delete(key);
    entry.idle?.cancel();
    if (entry.users === 0) this.#shut(entry);
  }

  #shut(entry: Entry): void {
    entry.idle?.cancel();
    if (entry.shut) return;
    entry.shut = true;
    void entry.opening
      .then(async (opened) => {
        if (opened === undefined) return;
        await opened.file.close().catch(ignore);
        end(opened.call, opened.lease);
      })
      .catch(ignore);
  }
}

/** The half-close lets go of the block; its answer is awaited by nobody. */
function end(call: Call, lease: ChannelLease): void {
  call.end();
  call.cancel();
  lease.release();
}

function ignore(): undefined {
  return undefined;
}
