import { methodsOf, type ClientStream, type RpcChannel } from '@alluvium/net';
import { addition, additionTo, blockMaster, common, fileSystemMaster as fs, workerReport } from '@alluvium/wire';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
export const workerMethods = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);

export const listOf = (ids: readonly bigint[], tier = 'MEM'): blockMaster.LocationBlockIdListEntry[] => [
  { key: { tierAlias: tier, mediumType: tier }, value: { blockId: [...ids] } },
];

export type RegisterStream = ClientStream<blockMaster.RegisterWorkerPRequest, blockMaster.RegisterWorkerPResponse>;

/** A worker at the wire; with an incarnation it is one of ours, without it speaks as Java's do. */
export class FakeWorker {
  readonly #c: RpcChannel;
  readonly #host: string;
  readonly incarnation: bigint | undefined;
  id!: bigint;
  registration = 0n;
  sequence = 1n;
  beats = 0n;

  constructor(c: RpcChannel, host: string, incarnation?: bigint) {
    this.#c = c;
    this.#host = host;
    this.incarnation = incarnation;
  }

  async announce(): Promise<void> {
    const workerNetAddress = { host: this.#host, rpcPort: 29999, dataPort: 29999, webPort: 30000 };
    const { workerId } = await this.#c.unary(workerMethods.getWorkerId, {
      workerNetAddress,
      ...(this.incarnation !== undefined && { options: addition(workerReport.Registering, { incarnation: this.incarnation }) }),
    });
    this.id = workerId!;
  }

  /** The first message of a registration. */
  first(held: readonly bigint[], newestGeneration = 0n): blockMaster.RegisterWorkerPRequest {
    const { id: workerId, incarnation } = this;
    const number = ++this.registration;
    return {
      workerId,
      storageTiers: ['MEM'],
      totalBytesOnTiers: { MEM: 1000n },
      usedBytesOnTiers: { MEM: 10n },
      currentBlocks: listOf(held),
      ...(incarnation !== undefined && { options: addition(workerReport.Registering, { incarnation, number, newestGeneration }) }),
    };
  }

  more(held: readonly bigint[]): blockMaster.RegisterWorkerPRequest {
    return { workerId: this.id, currentBlocks: listOf(held) };
  }

  /** Begun and acknowledged; it is not at its end. */
  async begin(held: readonly bigint[] = [], newestGeneration = 0n): Promise<RegisterStream> {
    await this.announce();
    const stream = this.#c.stream(workerMethods.registerWorkerStream);
    await stream.write(this.first(held, newestGeneration));
    await stream.read();
    return stream;
  }

  async register(held: readonly bigint[] = [], newestGeneration = 0n): Promise<this> {
    await end(await this.begin(held, newestGeneration));
    return this;
  }

  async commit(blockId: bigint, { generation = 1n, sequence = this.sequence++, registration = this.registration } = {}): Promise<void> {
    const { incarnation } = this;
    await this.#c.unary(workerMethods.commitBlock, {
      workerId: this.id,
      blockId,
      length: 7n,
      tierAlias: 'MEM',
      mediumType: 'MEM',
      usedBytesOnTier: 17n,
      ...(incarnation !== undefined && { options: addition(workerReport.Committing, { incarnation, registration, sequence, generation }) }),
    });
  }

  /** Answers what is ordered away, with the generations up to which it is; undefined when the worker is to register. */
  async beat(
    told: {
      removed?: readonly bigint[];
      added?: readonly bigint[];
      kept?: readonly bigint[];
      lost?: Record<string, string[]>;
      number?: bigint;
      sequence?: bigint;
      openFrom?: bigint;
      newestGeneration?: bigint;
      registration?: bigint;
    } = {},
  ): Promise<{ ids: readonly bigint[]; generations: readonly bigint[] | undefined } | undefined> {
    const { incarnation } = this;
    const sequence = told.sequence ?? this.sequence++;
    const beating = {
      registration: this.registration,
      number: ++this.beats,
      openFrom: sequence,
      newestGeneration: 0n,
      keptBlockIds: [...(told.kept ?? [])],
      ...told,
      lost: Object.entries(told.lost ?? {}).map(([tierAlias, paths]) => ({ tierAlias, paths })),
      sequence,
    };
    const { command } = await this.#c.unary(workerMethods.blockHeartbeat, {
      workerId: this.id,
      usedBytesOnTiers: { MEM: 10n },
      removedBlockIds: [...(told.removed ?? [])],
      addedBlocks: listOf(told.added ?? []),
      lostStorage: Object.fromEntries(Object.entries(told.lost ?? {}).map(([tier, storage]) => [tier, { storage }])),
      options: { metrics: [], ...(incarnation !== undefined && addition(workerReport.Beating, { ...beating, incarnation })) },
    });
    if (command?.commandType === common.CommandType.Register) return undefined;
    return { ids: command?.data ?? [], generations: additionTo(workerReport.Freeing, command)?.generations };
  }
}

export async function end(stream: RegisterStream): Promise<void> {
  stream.end();
  await stream.read();
}

/** The id of the first block of a new file; the master knows it, and no copy. */
export async function newBlock(c: RpcChannel, path: string): Promise<bigint> {
  await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: fs.WritePType.MUST_CACHE } });
  const { id } = await c.unary(files.getNewBlockIdForFile, { path });
  await c.unary(workerMethods.commitBlockInUfs, { blockId: id!, length: 7n });
  return id!;
}

/** The ids of the workers to which readers of a block are sent. */
export async function placesOf(c: RpcChannel, blockId: bigint): Promise<(bigint | undefined)[]> {
  return ((await c.unary(blocks.getBlockInfo, { blockId })).blockInfo?.locations ?? []).map(({ workerId }) => workerId);
}
