// What can be set about a worker, by Alluxio's names.
import {
  booleanOption,
  bytesOption,
  durationOption,
  integerOption,
  portOption,
  stringOption,
  type Configuration,
} from '@alluvium/platform';
import { fail } from '@alluvium/base';
import { tierOptions } from './tier-options.js';
import { masterLinkOptions } from './master-options.js';

export const workerHostname = stringOption({
  name: 'alluxio.worker.hostname',
  default: 'localhost',
  doc: 'The host name under which clients and the master know this worker.',
});
export const workerBindHost = stringOption({
  name: 'alluxio.worker.bind.host',
  default: '127.0.0.1',
  doc: 'The address that the worker listens on. Loopback unless set: SIMPLE authentication believes whatever user a client claims to be.',
});
export const workerRpcPort = portOption({
  name: 'alluxio.worker.rpc.port',
  default: '29999',
  doc: 'The port that the worker serves clients on; 0 picks a free one.',
});
export const workerWebPort = portOption({
  name: 'alluxio.worker.web.port',
  default: '30000',
  doc: 'The port of the web pages and metrics of the worker.',
});
export const localityNode = stringOption({
  name: 'alluxio.locality.node',
  default: '',
  doc: 'The node name by which a client knows that it is on the same machine; the host name when empty.',
});
export const localityRack = stringOption({
  name: 'alluxio.locality.rack',
  default: '',
  doc: 'The rack that this process is in: clients prefer workers of their own node, then of their own rack.',
});
export const masterHostname = stringOption({ name: 'alluxio.master.hostname', default: 'localhost', doc: 'The host name of the master.' });
export const masterRpcPort = portOption({
  name: 'alluxio.master.rpc.port',
  default: '19998',
  doc: 'The port that the master serves clients and workers on.',
});
export const dataFolderPermissions = stringOption({
  name: 'alluxio.worker.data.folder.permissions',
  default: 'rwx------',
  doc: 'The permissions of the folders that hold the blocks. Where others may not enter them, a short-circuit client gets a name of its own for the one file that it opens; with rwxrwxrwx, as Alluxio has it, every user of the machine can read all blocks.',
});
export const heartbeatInterval = durationOption({
  name: 'alluxio.worker.block.heartbeat.interval',
  default: '1sec',
  doc: 'How often the worker reports to the master.',
});
export const shortCircuit = booleanOption({
  name: 'alluxio.user.short.circuit.enabled',
  default: 'true',
  doc: 'Whether clients on the same machine may open block files themselves.',
});
export const domainSocketAddress = stringOption({
  name: 'alluxio.worker.data.server.domain.socket.address',
  default: '',
  doc: 'A Unix domain socket at which the worker serves as well, for clients on the same machine; none when empty.',
});
export const domainSocketAsUuid = booleanOption({
  name: 'alluxio.worker.data.server.domain.socket.as.uuid',
  default: 'false',
  doc: 'Whether the domain socket address is a folder, in which the socket gets a name of its own: a client that sees it is on this machine.',
});
export const maxReaders = integerOption({
  name: 'alluxio.worker.network.block.reader.threads.max',
  default: '2048',
  doc: 'How many blocks are read at the same time; more are refused.',
});
export const maxInbound = bytesOption({
  name: 'alluxio.worker.network.max.inbound.message.size',
  default: '4MB',
  doc: 'The largest message that the worker takes.',
});
export const cacheQueue = integerOption({
  name: 'alluxio.worker.network.async.cache.manager.queue.max',
  default: '512',
  doc: 'How many blocks wait to be cached; more are refused.',
});
export const cacheParallel = integerOption({
  name: 'alluxio.worker.network.async.cache.manager.threads.max',
  default: '8',
  doc: 'How many blocks are cached in the background at the same time.',
});

export const scrubBytesPerSecond = bytesOption({
  name: 'alluvium.worker.scrub.bytes.per.second',
  default: '16MB',
  doc: 'How fast the cached blocks are read to be compared with their checksums; 0 switches it off.',
});
export const scrubInterval = durationOption({
  name: 'alluvium.worker.scrub.interval',
  default: '1day',
  doc: 'The time from one comparison of all cached blocks with their checksums to the next, unless one takes longer.',
});
export const hotBlocksInterval = durationOption({
  name: 'alluvium.worker.hot.blocks.interval',
  default: '10s',
  doc: 'How often the master is told which blocks are read most here; 0: never. They are loaded elsewhere when this worker is lost or drained.',
});
export const hotBlocks = integerOption({
  name: 'alluvium.worker.hot.blocks.max',
  default: '1000',
  doc: 'How many blocks the master is told of as those that are read most.',
});
export const fetchRest = booleanOption({
  name: 'alluvium.worker.cache.rest.of.blocks',
  default: 'false',
  doc:
    'Whether the rest of a block is fetched in the background when a client has read a part of it, as Alluxio does. Otherwise the pages ' +
    'that were read are kept, and others come when they are read or asked for.',
});
export const fetchRequests = integerOption({
  name: 'alluvium.worker.fetch.requests',
  default: '64',
  doc: 'How many requests of this worker to under stores for what it caches are under way at the same time; others wait.',
});

export const workerOptions = [
  ...tierOptions,
  ...masterLinkOptions,
  scrubBytesPerSecond,
  scrubInterval,
  workerHostname,
  workerBindHost,
  workerRpcPort,
  workerWebPort,
  localityNode,
  localityRack,
  masterHostname,
  masterRpcPort,
  dataFolderPermissions,
  heartbeatInterval,
  shortCircuit,
  domainSocketAddress,
  domainSocketAsUuid,
  maxReaders,
  maxInbound,
  cacheQueue,
  cacheParallel,
  hotBlocksInterval,
  hotBlocks,
  fetchRest,
  fetchRequests,
];

/** `rwxr-x---` as mode bits. Throws `invalidArgument`. */
export function folderMode(configuration: Configuration): number {
  const text = configuration.get(dataFolderPermissions);
  if (!/^([r-][w-][x-]){3}$/.test(text))
    throw fail('invalidArgument', `Cannot use "${text}" for ${dataFolderPermissions.name}: nine characters such as rwxr-xr-x wanted`);
  return [...text].reduce((mode, letter) => (mode << 1) | (letter === '-' ? 0 : 1), 0);
}
