// What moves bytes: from under stores, from other workers, and to who asks or orders it.
import type { Network } from '@alluvium/net';
import type { Configuration, Environment } from '@alluvium/platform';
import type { UnderStoreFactory } from '@alluvium/ufs';
import type { CacheCounters } from './cache/cache-counters.js';
import { WorkQueue } from './cache/work-queue.js';
import type { CacheParts } from './cache-parts.js';
import type { Counters } from './counters.js';
import type { MasterLink } from './master/master-link.js';
import * as options from './options.js';
import { Budgets } from './order/budgets.js';
import { blockOrders } from './order/load-block.js';
import { persistExecutor } from './order/persist-file.js';
import type { OwnAddress } from './own-address.js';
import { PageRepair } from './scrub/page-repair.js';
import { Scrubber } from './scrub/scrubber.js';
import { PagePool } from './transfer/page-pool.js';
import { Peers } from './transfer/peers.js';
import { Fetches } from './under/fetches.js';
import { Mounts } from './under/mounts.js';
import { BlockCommits } from './write/commit-block.js';

export interface DataDependencies {
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly network: Network;
  readonly underStores: UnderStoreFactory;
  /** As whom other workers are asked. */
  readonly user: string;
  readonly counters: Counters;
  /** What was asked to be cached, and what became of it. */
  readonly requests: CacheCounters;
  readonly own: OwnAddress;
  readonly cache: CacheParts;
  readonly link: MasterLink;
}

/** Buffers of a MiB for what is being sent; a client that takes nothing holds one or two. */
const POOL_BUFFERS = 256;

export type DataParts = ReturnType<typeof dataParts>;

export function dataParts(d: DataDependencies) {
  const movers = moversOf(d);
  return { ...movers, orders: orderExecutor(d, movers) };
}

function moversOf(d: DataDependencies) {
  const { configuration, counters, link, network, underStores, user } = d;
  const { clock, disk, log } = d.environment;
  const { store, policy } = d.cache;
  const pool = new PagePool(POOL_BUFFERS);
  const commits = new BlockCommits(store, link);
  const mounts = new Mounts({ clock, log, source: link, underStores });
  const peers = new Peers(network, user);
  const queue = new WorkQueue(configuration.get(options.cacheParallel), configuration.get(options.cacheQueue));
  d.requests.watch(queue);
  const fetches = new Fetches({
    clock,
    disk,
    log,
    store,
    mounts,
    commits,
    pool,
    admission: policy.admission,
    maxRequests: configuration.get(options.fetchRequests),
    onDamage: () => counters.pagesDamaged++,
    onBytes: (storeUri, bytes) => counters.readFromUfs(storeUri, bytes),
  });
  const isSelf = (host: string, port: number): boolean => d.own.isSelf(host, port);
  const repair = new PageRepair({ clock, disk, log, store, peers, mounts, counters, files: link, isSelf });
  const scrubber = new Scrubber({
    clock,
    disk,
    log,
    store,
    repair,
    counters,
    bytesPerSecond: configuration.get(options.scrubBytesPerSecond),
    intervalMs: configuration.get(options.scrubInterval),
  });
  return { pool, commits, mounts, peers, queue, fetches, isSelf, repair, scrubber };
}

/** What the master may order, but for what concerns the call itself. */
function orderExecutor(d: DataDependencies, movers: ReturnType<typeof moversOf>) {
  const { counters, cache } = d;
  const { clock, random, log } = d.environment;
  const { store, pins } = cache;
  const common = { ...movers, random, log, store, counters, budgets: new Budgets(clock) };
  return {
    persist: persistExecutor(common),
    ...blockOrders({
      ...common,
      keep: (block) => {
        block.pinned = true;
        pins.track(block);
      },
      moveBlock: (id, mediumType) => store.move(id, mediumType),
    }),
  };
}
