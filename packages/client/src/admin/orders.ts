import { normalPath } from '@alluvium/base';
import { methodsOf, type Method } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { blockMethods, fileMethods, metaMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import { targetOf } from '../worker/worker-target.js';
import type { DecommissionOptions, WorkerCapacity } from './cluster-admin.js';

const workerMethods = methodsOf(blockWorker.BlockWorkerDefinition);

export async function checkpoint({ master }: ClientContext, { signal }: Cancellable = {}): Promise<string> {
  return (await master.unary(metaMethods.checkpoint, {}, signal)).masterHostname ?? '';
}

export async function decommissionWorker(
  { master }: ClientContext,
  host: string,
  webPort: number,
  { mayRegisterAgain = true, signal }: DecommissionOptions = {},
): Promise<void> {
  const request = { workerHostname: host, workerWebPort: BigInt(webPort), canRegisterAgain: mayRegisterAgain };
  await master.unary(blockMethods.decommissionWorker, request, signal);
}

export async function enableWorker({ master }: ClientContext, host: string, webPort: number, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(blockMethods.removeDisabledWorker, { workerHostname: host, workerWebPort: BigInt(webPort) }, signal);
}

export function freeWorker(context: ClientContext, worker: WorkerCapacity, options: Cancellable = {}): Promise<void> {
  return order(context, worker, workerMethods.freeWorker, options);
}

export function clearWorkerMetrics(context: ClientContext, worker: WorkerCapacity, options: Cancellable = {}): Promise<void> {
  return order(context, worker, workerMethods.clearMetrics, options);
}

/** A call without fields to one worker. */
async function order(
  { workers }: ClientContext,
  { host, rpcPort }: WorkerCapacity,
  method: Method<object, unknown>,
  { signal }: Cancellable,
): Promise<void> {
  const lease = workers.channels.lease(targetOf({ host, rpcPort }));
  try {
    await lease.channel.unary(method, {}, signal === undefined ? {} : { signal });
  } finally {
    lease.release();
  }
}

export async function startSync({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(fileMethods.startSync, { path: normalPath(path), options: {} }, signal);
}

export async function stopSync({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(fileMethods.stopSync, { path: normalPath(path), options: {} }, signal);
}

export async function syncPaths({ master }: ClientContext, { signal }: Cancellable = {}): Promise<string[]> {
  const { syncPaths: points = [] } = await master.unary(fileMethods.getSyncPathList, {}, signal);
  return points.map(({ syncPointUri = '' }) => syncPointUri);
}
