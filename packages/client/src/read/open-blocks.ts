// What an open file knows of its blocks: where copies are, and how a worker reads one from the under store.
import { fail } from '@alluvium/base';
import type { dataserver, fileSystemMaster } from '@alluvium/wire';
import type { ReadType } from '../file-system.js';
import type { Defaults } from '../master/cluster-defaults.js';
import { fileInfoOf } from '../operations/get-status.js';
import type { ClientContext } from '../operations/context.js';
import { targetOf } from '../worker/worker-target.js';
import type { WorkerTarget } from '../worker/worker-target.js';

const NO_LIMIT = 2 ** 31 - 1;

export interface OpenBlock {
  readonly index: number;
  readonly blockId: bigint;
  /** Where it begins in its file. */
  readonly offset: bigint;
  readonly lengthBytes: bigint;
}

export class OpenBlocks {
  readonly path: string;
  readonly lengthBytes: bigint;
  readonly readType: ReadType;
  /** Those of the path. */
  readonly settings: Defaults;
  readonly #context: ClientContext;
  #info: fileSystemMaster.FileInfo;

  constructor(context: ClientContext, info: fileSystemMaster.FileInfo, readType: ReadType, settings: Defaults) {
    this.#context = context;
    this.#info = info;
    this.path = info.path ?? '';
    this.lengthBytes = info.length ?? 0n;
    this.readType = readType;
    this.settings = settings;
  }

  /** The block that holds the byte at `offset`, which is before the end of the file. */
  at(offset: bigint): OpenBlock {
    const { blockIds = [], blockSizeBytes = 0n } = this.#info;
    const index = blockSizeBytes > 0n ? Number(offset / blockSizeBytes) : 0;
    const blockId = blockIds[index];
    if (blockId === undefined) throw fail('internal', `Cannot read "${this.path}": the master names no block for offset ${offset}`);
    const start = BigInt(index) * blockSizeBytes;
    const rest = this.lengthBytes - start;
    return { index, blockId, offset: start, lengthBytes: rest < blockSizeBytes ? rest : blockSizeBytes };
  }

  /** Workers that had the block when the master was last asked. */
  locations({ index }: OpenBlock): WorkerTarget[] {
    const { blockInfo } = this.#info.fileBlockInfos?.[index] ?? {};
    return (blockInfo?.locations ?? []).map(({ workerAddress = {} }) => targetOf(workerAddress));
  }

  /** Whether a worker that does not have a block can get it. */
  get inUnderStore(): boolean {
    return this.#info.persisted === true || this.#info.persistenceState === 'TO_BE_PERSISTED';
  }

  /** The store has the whole file. */
  get persisted(): boolean {
    return this.#info.persisted === true;
  }

  /** Whether the worker's copy lay on a tier of memory when the master was last asked. */
  isInMemory({ index }: OpenBlock, { key }: WorkerTarget): boolean {
    const { blockInfo } = this.#info.fileBlockInfos?.[index] ?? {};
    return (blockInfo?.locations ?? []).some(
      ({ workerAddress = {}, tierAlias }) => tierAlias === 'MEM' && targetOf(workerAddress).key === key,
    );
  }

  /** Whether as many workers have the block as may. */
  isFullyReplicated(block: OpenBlock): boolean {
    const { replicationMax = -1 } = this.#info;
    return replicationMax > 0 && this.locations(block).length >= replicationMax;
  }

  get lost(): boolean {
    return this.#info.persistenceState === 'LOST';
  }

  /** Empty for a file that is nowhere but in the cache. */
  ufsOptions({ offset, lengthBytes }: OpenBlock): dataserver.OpenUfsBlockOptions {
    if (!this.inUnderStore) return {};
    const options = {
      blockSize: lengthBytes,
      maxUfsReadConcurrency: NO_LIMIT,
      noCache: this.readType === 'NO_CACHE',
      mountId: this.#info.mountId ?? 0n,
    };
    // Before the file is persisted the worker may have put this block alone into the store, by its id.
    if (this.#info.persisted !== true) return { ...options, offsetInFile: 0n, blockInUfsTier: true };
    return { ...options, ufsPath: this.#info.ufsPath ?? '', offsetInFile: offset };
  }

  /** Asks the master where the blocks are now. Throws `notFound` when the file is gone. */
  async refresh(signal: AbortSignal | undefined): Promise<void> {
    const info = await fileInfoOf(this.#context, this.path, signal === undefined ? {} : { signal });
    if (info.fileId !== this.#info.fileId) throw fail('notFound', `Cannot read "${this.path}": another file has taken its place`);
    this.#info = info;
  }
}
