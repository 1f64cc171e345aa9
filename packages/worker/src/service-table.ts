// The methods that a worker answers.
import { fail } from '@alluvium/base';
import { methodsOf, ServiceTable } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { asyncCacheHandler, cacheHandler, type CacheDependencies } from './cache/cache-block.js';
import { freeWorkerHandler, moveBlockHandler, removeBlockHandler } from './cache/drop-blocks.js';
import { loadHandler } from './cache/load-blocks.js';
import { openLocalBlockHandler } from './read/open-local-block.js';
import { readAtOnce } from './read/read-at-once.js';
import { readBlockHandler, type ReadDependencies } from './read/read-block.js';
import type { SharedFiles } from './transfer/shared-files.js';
import { readBlockMethod } from './transfer/read-codec.js';
import { writeBlockMethod } from './transfer/write-codec.js';
import { createLocalBlockHandler } from './write/create-local-block.js';
import { writeBlockHandler, type WriteDependencies } from './write/write-block.js';

const methods = methodsOf(blockWorker.BlockWorkerDefinition);

export interface ServiceDependencies extends ReadDependencies, WriteDependencies, CacheDependencies {
  /** Whether clients on this machine may open block files themselves. */
  readonly shortCircuit: boolean;
  readonly shared: SharedFiles;
}

export function workerServiceTable(d: ServiceDependencies): ServiceTable {
  return new ServiceTable()
    .declare(blockWorker.BlockWorkerDefinition.fullName)
    .stream(readBlockMethod, readBlockHandler(d), (request, call) => readAtOnce(d, request, call))
    .stream(writeBlockMethod, writeBlockHandler(d))
    .unary(methods.cache, cacheHandler(d))
    .unary(methods.asyncCache, asyncCacheHandler(d))
    .unary(methods.load, loadHandler(d))
    .unary(methods.removeBlock, removeBlockHandler(d.store))
    .unary(methods.moveBlock, moveBlockHandler(d.store))
    .unary(methods.freeWorker, freeWorkerHandler(d.store))
    .stream(methods.openLocalBlock, d.shortCircuit ? openLocalBlockHandler(d.store, d.observer, d.shared) : refuseOpen)
    .stream(methods.createLocalBlock, d.shortCircuit ? createLocalBlockHandler(d) : refuseCreate)
    .unary(methods.clearMetrics, () => {
      d.counters.clear();
      d.requests.clear();
      return {};
    });
}

/** Not found, and only that, sends a client on to ReadBlock. */
async function refuseOpen(): Promise<void> {
  throw fail('notFound', 'Cannot open a block file: short-circuit reads are off');
}

async function refuseCreate(): Promise<void> {
  throw fail('unimplemented', 'Cannot create a block file: short-circuit writes are off; set alluxio.user.short.circuit.enabled to false');
}
