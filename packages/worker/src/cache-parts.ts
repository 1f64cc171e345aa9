// The cache of a worker put together: blocks in the directories of its tiers, what keeps them there, and who hears of what comes and goes.
import type { BlockId } from '@alluvium/base';
import type { RpcChannel } from '@alluvium/net';
import type { Configuration, Environment } from '@alluvium/platform';
import type { Counters } from './counters.js';
import { BlockChanges } from './master/block-changes.js';
import { FreedBlocks } from './master/freed-blocks.js';
import { Pins } from './master/pins.js';
import * as options from './options.js';
import type { OwnAddress } from './own-address.js';
import { CachePolicy } from './policy/cache-policy.js';
import type { PartialFacts } from './policy/explain-blocks.js';
import { BlockStore, type StoreListener } from './store/block-store.js';
import type { StorageDirectory } from './store/storage-directory.js';
import { TierTasks } from './store/tier-tasks.js';
import * as tierOptions from './tier-options.js';
import { KeptFiles } from './transfer/kept-files.js';
import { SharedFiles } from './transfer/shared-files.js';

export interface CacheDependencies {
  readonly environment: Environment;
  readonly configuration: Configuration;
  readonly counters: Counters;
  readonly own: OwnAddress;
  readonly channel: RpcChannel;
  /** What is known of a block that is partly here. */
  readonly partialOf: (id: BlockId) => PartialFacts | undefined;
}

/** Block files kept open between two reads. */
const IDLE_FILES = 512;

export type CacheParts = ReturnType<typeof cacheParts>;

export function cacheParts(d: CacheDependencies) {
  const { configuration, counters, own } = d;
  const { clock, random, disk, log } = d.environment;
  const pins = new Pins(clock, log);
  const changes = new BlockChanges();
  const files = new KeptFiles({ disk, log, maxIdle: IDLE_FILES });
  const directories = tierOptions.storageDirectories(configuration);
  const folderMode = options.folderMode(configuration);
  const shared = new SharedFiles({ disk, log, random, directories, folderMode });
  const policy = new CachePolicy({
    clock,
    log,
    channel: () => d.channel,
    intervalMs: configuration.get(options.heartbeatInterval),
    store: () => store,
    partialOf: d.partialOf,
  });
  const store: BlockStore = new BlockStore({
    clock,
    disk: files,
    log,
    classes: policy,
    directories,
    ...tierOptions.storePolicies(configuration, random),
    folderMode,
    isProtected: (block) => pins.isProtected(block),
    protectionVersion: () => pins.version,
    workerName: () => own.text,
    listener: listenerOf({ counters, changes, pins, files, policy }),
  });
  const tierTasks = new TierTasks({
    clock,
    log,
    store,
    align: configuration.get(tierOptions.alignEnabled),
    promote: configuration.get(tierOptions.promoteEnabled),
    fullPercent: configuration.get(tierOptions.promoteQuota),
    coolDownMs: configuration.get(tierOptions.moveCooldown),
    concurrency: configuration.get(tierOptions.moveConcurrency),
  });
  const freed = new FreedBlocks({ log, store, changes });
  return { pins, changes, files, shared, policy, store, tierTasks, freed };
}

interface Listeners {
  readonly counters: Counters;
  readonly changes: BlockChanges;
  readonly pins: Pins;
  readonly files: KeptFiles;
  readonly policy: CachePolicy;
}

function listenerOf({ counters, changes, pins, files, policy }: Listeners): StoreListener {
  return {
    committed(block) {
      counters.blocksCommitted++;
      changes.committed(block);
      pins.track(block);
    },
    recovered(block) {
      changes.recovered(block);
      pins.track(block);
    },
    moved({ id, directory }: { readonly id: BlockId; readonly directory: StorageDirectory }, from) {
      changes.added(id);
      if (directory.tierAlias === from.tierAlias) return;
      if (directory.number < from.number) counters.blocksPromoted++;
      else counters.blocksDemoted++;
    },
    pinned: (block) => pins.track(block),
    removed(id, why, group, bytes) {
      if (why === 'evicted' || why === 'evictedAhead') counters.blocksEvicted++;
      // What comes back in its place may have other blocks under the same names.
      if (why === 'directoryLost') files.letGoOfAll();
      changes.removed(id);
      policy.removed(id, why, group, bytes);
    },
    partialRemoved: (...removal) => policy.removed(...removal),
  };
}
