export { createWorker, Worker, type WorkerDependencies } from './worker.js';
export { workerOptions } from './options.js';
export { blockFolders, ramdiskSize, tierPath } from './tier-options.js';
