// How a worker becomes known to a master: worker-master protocol of Alluxio 2.9.4, streamed, or in one call where the master
// has no stream.
import { fail, kindOf, sleep, type BlockId, type Clock, type WorkerId } from '@alluvium/base';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { addition, blockMaster, metaMaster, workerReport, type common } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { BlockStore } from '../store/block-store.js';

export const blockMasterMethods = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);

const metaMasterMethods = methodsOf(metaMaster.MetaMasterClientServiceDefinition);

export interface WorkerIdentity {
  readonly address: common.WorkerNetAddress;
  readonly version: string;
  readonly cpus: number;
  /** How this worker is configured, to be compared with the others; nothing secret. */
  readonly properties: readonly common.ConfigProperty[];
}

/** How registrations go. */
export interface RegisterOptions {
  /** Whether a lease is asked for first, as a master that bounds registrations in one call wants it. */
  readonly leases: boolean;
  readonly leaseRetryMinMs: number;
  readonly leaseRetryMaxMs: number;
  /** Block ids in one message. */
  readonly batch: number;
  /** For the whole of a streamed registration. */
  readonly timeoutMs: number;
}

const CALL_TIMEOUT_MS = 30_000;

/** `incarnation`: this process, so that the master tells its reports from those of an earlier one. */
export async function requestWorkerId(channel: RpcChannel, identity: WorkerIdentity, incarnation: bigint): Promise<WorkerId> {
  const { workerId } = await channel.unary(
    blockMasterMethods.getWorkerId,
    { workerNetAddress: identity.address, options: addition(workerReport.Registering, { incarnation }) },
    { timeoutMs: CALL_TIMEOUT_MS },
  );
  if (workerId === undefined) throw fail('internal', 'Cannot register: the master gave no worker id');
  return workerId as WorkerId;
}

/** The cluster that the master leads. Undefined for a master that does not say. */
export async function requestClusterId(channel: RpcChannel): Promise<string | undefined> {
  const filter = [metaMaster.MasterInfoField.CLUSTER_ID];
  const { masterInfo } = await channel.unary(metaMasterMethods.getMasterInfo, { filter }, { timeoutMs: CALL_TIMEOUT_MS });
  return masterInfo?.clusterId;
}

export interface Registration {
  readonly channel: RpcChannel;
  readonly clock: Clock;
  readonly workerId: WorkerId;
  readonly identity: WorkerIdentity;
  readonly store: BlockStore;
  readonly options: RegisterOptions;
  /** What the master knows this registration by. */
  readonly told: workerReport.Registering;
  readonly signal: AbortSignal;
}

/**
 * Throws what the calls do. Blocks come and go meanwhile: what is removed or moved after the list was begun is in a later heartbeat, and
 * what is committed tells the master by itself.
 */
export async function register(r: Registration): Promise<void> {
  if (r.options.leases) await acquireLease(r);
  try {
    await registerByStream(r);
  } catch (error) {
    if (kindOf(error) !== 'unimplemented') throw error;
    await registerAtOnce(r);
  }
}

/** Asks until there is one, ever more seldom. */
async function acquireLease({ channel, clock, workerId, store, options, signal }: Registration): Promise<void> {
  const request = { workerId, blockCount: BigInt(store.size) };
  for (let pauseMs = options.leaseRetryMinMs; ; pauseMs = Math.min(2 * pauseMs, options.leaseRetryMaxMs)) {
    try {
      const lease = await channel.unary(blockMasterMethods.requestRegisterLease, request, { timeoutMs: CALL_TIMEOUT_MS });
      if (lease.allowed === true) return;
    } catch (error) {
      if (kindOf(error) === 'unimplemented') return;
      throw error;
    }
    await sleep(clock, pauseMs, signal);
  }
}

async function registerByStream({ channel, workerId, identity, store, options, told }: Registration): Promise<void> {
  const stream = channel.stream(blockMasterMethods.registerWorkerStream, { timeoutMs: options.timeoutMs });
  try {
    const batches = batchesOf(store, options.batch);
    const first = batches.next();
    await stream.write({ workerId, ...tiersOf(store), options: optionsOf(identity, told), currentBlocks: entriesOf(first.value ?? []) });
    await acknowledged(stream.read());
    for (const batch of batches) {
      await stream.write({ workerId, currentBlocks: entriesOf(batch) });
      await acknowledged(stream.read());
    }
    stream.end();
    await stream.read();
  } finally {
    stream.cancel();
  }
}

async function acknowledged(answer: Promise<unknown>): Promise<void> {
  if ((await answer) === undefined) throw fail('unavailable', 'Cannot register: the master ended the registration early');
}

async function registerAtOnce({ channel, workerId, identity, store, options, told }: Registration): Promise<void> {
  const [all = []] = batchesOf(store, Infinity);
  const request = { workerId, ...tiersOf(store), options: optionsOf(identity, told), currentBlocks: entriesOf(all) };
  await channel.unary(blockMasterMethods.registerWorker, request, { timeoutMs: options.timeoutMs });
}

/** Each batch is taken when it is its turn. What the master has not heard of yet reaches it by CommitBlock. */
function* batchesOf(store: BlockStore, batch: number): Generator<Block[], void> {
  let blocks: Block[] = [];
  for (const block of store.blocks()) {
    if (!block.announced) continue;
    blocks.push(block);
    if (blocks.length < batch) continue;
    yield blocks;
    blocks = [];
  }
  if (blocks.length > 0) yield blocks;
}

/** One entry per tier and medium: a Java master refuses two with the same key. */
export function entriesOf(blocks: Iterable<Pick<Block, 'id' | 'directory'>>): blockMaster.LocationBlockIdListEntry[] {
  const lists = new Map<string, { readonly key: common.BlockStoreLocationProto; readonly blockId: BlockId[] }>();
  const byDirectory = new Map<Block['directory'], BlockId[]>();
  for (const { id, directory } of blocks) {
    let ids = byDirectory.get(directory);
    if (ids === undefined) {
      const { tierAlias, mediumType } = directory;
      const name = `${tierAlias}/${mediumType}`;
      let list = lists.get(name);
      if (list === undefined) lists.set(name, (list = { key: { tierAlias, mediumType }, blockId: [] }));
      byDirectory.set(directory, (ids = list.blockId));
    }
    ids.push(id);
  }
  return [...lists.values()].map(({ key, blockId }) => ({ key, value: { blockId } }));
}

/** Paths by tier, as the wire has them. */
export function storageLists(paths: ReadonlyMap<string, readonly string[]>): Record<string, blockMaster.StorageList> {
  return Object.fromEntries([...paths].map(([tier, storage]) => [tier, { storage: [...storage] }]));
}

function tiersOf(store: BlockStore) {
  const usage = store.usage();
  return {
    storageTiers: usage.map((tier) => tier.alias),
    totalBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.capacityBytes)])),
    usedBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.usedBytes)])),
    lostStorage: storageLists(store.lostStorage()),
  };
}

function optionsOf({ version, cpus, properties }: WorkerIdentity, told: workerReport.Registering): blockMaster.RegisterWorkerPOptions {
  return {
    configs: [...properties],
    buildVersion: { version, revision: '' },
    numVCpu: cpus,
    ...addition(workerReport.Registering, told),
  };
}
