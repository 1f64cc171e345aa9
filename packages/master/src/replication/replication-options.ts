import { bytesOption, durationOption, integerOption, type Option } from '@alluvium/platform';

export const replicationInterval = durationOption({
  name: 'alluxio.master.replication.check.interval',
  default: '1min',
  doc: 'How often all files that want something of their copies are looked at. What changes is looked at by itself.',
});
export const replicationSettle = durationOption({
  name: 'alluvium.master.replication.settle',
  default: '5s',
  doc: 'How long a copy that is gone may come back before another is made, and how soon after a worker came or went all files are looked at.',
});
export const replicationPerWorker = integerOption({
  name: 'alluvium.master.replication.orders.per.worker',
  default: '4',
  doc: 'How many blocks one worker copies or moves at a time because of replication, drain and hot sets.',
});
export const replicationOrders = integerOption({
  name: 'alluvium.master.replication.orders.max',
  default: '64',
  doc: 'How many blocks all workers copy or move at a time because of replication, drain and hot sets.',
});
export const replicationBandwidth = bytesOption({
  name: 'alluvium.master.replication.bandwidth.per.worker',
  default: '0',
  doc: 'Bytes per second that one worker copies for replication, and again as many for workers that are drained. 0: as fast as it can.',
});
export const replicationOrderTimeout = durationOption({
  name: 'alluvium.master.replication.order.timeout',
  default: '1min',
  doc: 'A worker that has not copied a block for so long, and a second more for each MiB, has failed to.',
});
export const replicationFirstRetry = durationOption({
  name: 'alluvium.master.replication.retry.initial',
  default: '1s',
  doc: 'Back-off after the first failure to copy the blocks of a file; it doubles with each one that follows.',
});
export const replicationMaxRetry = durationOption({
  name: 'alluvium.master.replication.retry.max',
  default: '5min',
  doc: 'Longest back-off between attempts to copy the blocks of a file.',
});
export const durableWait = durationOption({
  name: 'alluvium.master.replication.durable.wait',
  default: '0',
  doc: 'How long the completion of a file that is in no store yet waits for the copies that alluxio.user.file.replication.durable asks for; when they are not there by then, it fails, and the file stays. 0: nobody waits, as in Alluxio: the copies are made afterwards.',
});
export const drainLinger = durationOption({
  name: 'alluvium.master.worker.drain.linger',
  default: '10s',
  doc: 'How long a worker that is taken out of service goes on taking the blocks of clients that know it, and hands them over. Java clients learn of it within alluxio.user.worker.list.refresh.interval.',
});
export const warmBandwidth = bytesOption({
  name: 'alluvium.master.replication.warm.bandwidth.per.worker',
  default: '32MB',
  doc: 'Bytes per second at which one worker takes over what was read most on a worker that is lost, where there is room that nobody uses. 0: it does not.',
});

export const replicationOptions: readonly Option<unknown>[] = [
  replicationInterval,
  replicationSettle,
  replicationPerWorker,
  replicationOrders,
  replicationBandwidth,
  replicationOrderTimeout,
  replicationFirstRetry,
  replicationMaxRetry,
  durableWait,
  drainLinger,
  warmBandwidth,
];
