// What can be set about a worker's standing with its master, by Alluxio's names.
import { booleanOption, durationOption, integerOption, type Configuration, type Option } from '@alluvium/platform';
import type { RegisterOptions } from './master/register.js';

export const heartbeatBlocks = integerOption({
  name: 'alluxio.worker.block.heartbeat.report.size.threshold',
  default: '10000',
  doc: 'How many blocks that came or went one heartbeat tells of; when there are more, the next one follows at once. Alluxio: 1000000.',
});
export const masterRetry = durationOption({
  name: 'alluxio.worker.master.connect.retry.timeout',
  default: '-1',
  doc: 'A worker that no master has known for so long ends; -1: never, it goes on serving what it has and looks for a master. Alluxio: 1hour.',
});
export const leasesAsked = booleanOption({
  name: 'alluxio.worker.register.lease.enabled',
  default: 'true',
  doc: 'Whether the worker asks for a lease before it registers.',
});
export const leaseRetryMin = durationOption({
  name: 'alluxio.worker.register.lease.retry.sleep.min',
  default: '1sec',
  doc: 'How long it waits when there is no lease to be had, the first time; each time twice as long.',
});
export const leaseRetryMax = durationOption({
  name: 'alluxio.worker.register.lease.retry.sleep.max',
  default: '10sec',
  doc: 'How long it waits at most before it asks for a lease again.',
});
export const registerBatch = integerOption({
  name: 'alluxio.worker.register.stream.batch.size',
  default: '20000',
  doc: 'How many blocks one message of a registration lists. Alluxio: 1000000.',
});
export const registerTimeout = durationOption({
  name: 'alluxio.worker.register.stream.deadline',
  default: '15min',
  doc: 'A registration that takes longer has failed, and is tried again.',
});

export const masterLinkOptions: readonly Option<unknown>[] = [
  heartbeatBlocks,
  masterRetry,
  leasesAsked,
  leaseRetryMin,
  leaseRetryMax,
  registerBatch,
  registerTimeout,
];

export function registerOptionsOf(configuration: Configuration): RegisterOptions {
  return {
    leases: configuration.get(leasesAsked),
    leaseRetryMinMs: Math.max(1, configuration.get(leaseRetryMin)),
    leaseRetryMaxMs: configuration.get(leaseRetryMax),
    batch: Math.max(1, configuration.get(registerBatch)),
    timeoutMs: configuration.get(registerTimeout),
  };
}
