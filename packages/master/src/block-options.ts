// What can be set about how workers register and how their blocks are looked after.
import { booleanOption, durationOption, integerOption, type Option } from '@alluvium/platform';

export const registerLeaseNeeded = booleanOption({
  name: 'alluxio.master.worker.register.lease.enabled',
  default: 'true',
  doc: 'Whether a worker that registers in one call needs a lease. Streamed registrations need none: they wait for their turn.',
});
export const registerLeases = integerOption({
  name: 'alluxio.master.worker.register.lease.count',
  default: '25',
  doc: 'How many workers have a lease to register, and how many register, at a time.',
});
export const registerLeaseLifetime = durationOption({
  name: 'alluxio.master.worker.register.lease.ttl',
  default: '1min',
  doc: 'How long a lease to register lasts.',
});
export const registerStreamIdle = durationOption({
  name: 'alluxio.master.worker.register.stream.response.timeout',
  default: '10min',
  doc: 'A registration on which nothing comes for so long is ended.',
});
export const integrityCheckInterval = durationOption({
  name: 'alluxio.master.periodic.block.integrity.check.interval',
  default: '1hr',
  doc: 'How often copies and metadata of blocks whose file is gone are looked for, after the look at the start; -1: never.',
});
export const integrityCheckRepair = booleanOption({
  name: 'alluxio.master.periodic.block.integrity.check.repair',
  default: 'true',
  doc: 'Whether what that finds is removed, not only counted.',
});

export const blockOptions: readonly Option<unknown>[] = [
  registerLeaseNeeded,
  registerLeases,
  registerLeaseLifetime,
  registerStreamIdle,
  integrityCheckInterval,
  integrityCheckRepair,
];
