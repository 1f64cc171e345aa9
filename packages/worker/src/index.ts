export { createWorker, Worker, type WorkerDependencies } from './worker.js';
export { workerOptions } from './options.js';
