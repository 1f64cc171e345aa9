export { createWorker, Worker, type WorkerDependencies } from './worker.js';
export { dataFolder, ramdiskSize, tierPath, workerOptions } from './options.js';
