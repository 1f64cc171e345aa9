// How a worker becomes known to a master: worker-master protocol of Alluxio 2.9.4, streamed, or in one call where the master
// has no stream.
import { fail, kindOf, sleep, type BlockId, type Clock, type WorkerId } from '@alluvium/base';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { blockMaster, metaMaster, type common } from '@alluvium/wire';
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

const CALL_TIMEOUT_MS = 30_000;
const STREAM_TIMEOUT_MS = 15 * 60_000;
/** Block ids in one message: a few hundred kilobytes. */
const BATCH = 50_000;
const LEASE_RETRY_MS = 1000;
const LEASE_TRIES = 60;

export async function requestWorkerId(channel: RpcChannel, identity: WorkerIdentity): Promise<WorkerId> {
  const { workerId } = await channel.unary(
    blockMasterMethods.getWorkerId,
    { workerNetAddress: identity.address },
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

interface Registration {
  readonly channel: RpcChannel;
  readonly clock: Clock;
  readonly workerId: WorkerId;
  readonly identity: WorkerIdentity;
  readonly store: BlockStore;
}

export async function register(r: Registration): Promise<void> {
  try {
    await registerByStream(r);
  } catch (error) {
    if (kindOf(error) !== 'unimplemented') throw error;
    await registerAtOnce(r);
  }
}

async function registerByStream({ channel, workerId, identity, store }: Registration): Promise<void> {
  const stream = channel.stream(blockMasterMethods.registerWorkerStream, { timeoutMs: STREAM_TIMEOUT_MS });
  try {
    const [first, ...rest] = batchesOf(announced(store));
    await stream.write({
      workerId,
      ...tiersOf(store),
      lostStorage: {},
      options: optionsOf(identity),
      currentBlocks: entriesOf(first ?? []),
    });
    await acknowledged(stream.read());
    for (const batch of rest) {
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

async function registerAtOnce({ channel, clock, workerId, identity, store }: Registration): Promise<void> {
  const blocks = announced(store);
  for (let tries = 1; ; tries++) {
    const lease = await channel.unary(
      blockMasterMethods.requestRegisterLease,
      { workerId, blockCount: BigInt(blocks.length) },
      { timeoutMs: CALL_TIMEOUT_MS },
    );
    if (lease.allowed === true) break;
    if (tries === LEASE_TRIES) throw fail('unavailable', 'Cannot register: the master grants no lease');
    await sleep(clock, LEASE_RETRY_MS);
  }
  const request = { workerId, ...tiersOf(store), lostStorage: {}, options: optionsOf(identity), currentBlocks: entriesOf(blocks) };
  await channel.unary(blockMasterMethods.registerWorker, request, { timeoutMs: STREAM_TIMEOUT_MS });
}

/** The list is taken in one go: what the master has not heard of yet reaches it by CommitBlock. */
function announced(store: BlockStore): Block[] {
  return [...store.blocks()].filter((block) => block.announced);
}

function batchesOf(all: readonly Block[]): Block[][] {
  const batches: Block[][] = [];
  for (let at = 0; at < all.length; at += BATCH) batches.push(all.slice(at, at + BATCH));
  return batches;
}

/** One entry per tier and medium: a Java master refuses two with the same key. */
export function entriesOf(blocks: Iterable<Block>): blockMaster.LocationBlockIdListEntry[] {
  const lists = new Map<string, { tierAlias: string; mediumType: string; blockId: BlockId[] }>();
  for (const { id, directory } of blocks) {
    const key = `${directory.tierAlias}/${directory.mediumType}`;
    let list = lists.get(key);
    if (list === undefined) lists.set(key, (list = { tierAlias: directory.tierAlias, mediumType: directory.mediumType, blockId: [] }));
    list.blockId.push(id);
  }
  return [...lists.values()].map(({ tierAlias, mediumType, blockId }) => ({ key: { tierAlias, mediumType }, value: { blockId } }));
}

function tiersOf(store: BlockStore) {
  const usage = store.usage();
  return {
    storageTiers: usage.map((tier) => tier.alias),
    totalBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.capacityBytes)])),
    usedBytesOnTiers: Object.fromEntries(usage.map((tier) => [tier.alias, BigInt(tier.usedBytes)])),
  };
}

function optionsOf({ version, cpus, properties }: WorkerIdentity): blockMaster.RegisterWorkerPOptions {
  return { configs: [...properties], buildVersion: { version, revision: '' }, numVCpu: cpus };
}
