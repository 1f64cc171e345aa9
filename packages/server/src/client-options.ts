// What the command line reads of the configuration to find a cluster. Apart from the servers' options, which load their code.
import {
  booleanOption,
  bytesOption,
  choiceOption,
  integerOption,
  listOption,
  portOption,
  stringOption,
  type Option,
} from '@alluvium/platform';

export const masterHostname = stringOption({
  name: 'alluxio.master.hostname',
  default: 'localhost',
  doc: 'The name under which clients and workers reach the master.',
});
export const masterRpcPort = portOption({
  name: 'alluxio.master.rpc.port',
  default: '19998',
  doc: 'The port of the master for gRPC; 0 picks a free one.',
});
export const masterAddresses = listOption({
  name: 'alluxio.master.rpc.addresses',
  default: '',
  doc: 'Where the masters are, host:port with commas between; instead of hostname and port when there are several.',
});
export const loginUser = stringOption({
  name: 'alluxio.security.login.username',
  default: '',
  doc: 'The user that this process is; the one it runs as when empty.',
});
export const loginPassword = stringOption({
  name: 'alluvium.security.login.password',
  default: '',
  secret: true,
  doc: 'The password of the user, for a cluster with CUSTOM authentication.',
});
export const writeType = choiceOption({
  name: 'alluxio.user.file.writetype.default',
  choices: ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'],
  doc: 'Where the bytes of a new file go when nobody says; what the cluster says when not set.',
});
export const readType = choiceOption({
  name: 'alluxio.user.file.readtype.default',
  choices: ['CACHE', 'NO_CACHE', 'CACHE_PROMOTE'],
  doc: 'Whether what is read is kept in the cache; what the cluster says when not set.',
});
export const blockSize = bytesOption({
  name: 'alluxio.user.block.size.bytes.default',
  doc: 'The block size of new files; what the cluster says when not set.',
});

const POLICIES =
  'LocalFirstPolicy, LocalFirstAvoidEvictionPolicy, MostAvailableFirstPolicy, RoundRobinPolicy, SpecificHostPolicy, DeterministicHashPolicy, CapacityBaseRandomPolicy or CapacityBasedDeterministicHashPolicy, with the package or without';

/** Those without defaults: what the cluster says counts when they are not set. */
const ownDataPathOptions: readonly Option<unknown>[] = [
  stringOption({
    name: 'alluxio.user.hostname',
    doc: 'The name of the host of a client, as workers announce theirs; that of the machine when not set.',
  }),
  stringOption({
    name: 'alluxio.user.block.write.location.policy.class',
    doc: `Which worker a new block is written to: ${POLICIES}.`,
  }),
  stringOption({
    name: 'alluxio.user.ufs.block.read.location.policy',
    doc: `Through which worker a block is read that none has: ${POLICIES}.`,
  }),
  integerOption({
    name: 'alluxio.user.ufs.block.read.location.policy.deterministic.hash.shards',
    doc: 'How many workers share a block under the two policies that hash.',
  }),
  bytesOption({
    name: 'alluxio.user.block.avoid.eviction.policy.reserved.size.bytes',
    doc: 'What LocalFirstAvoidEvictionPolicy leaves free on a worker.',
  }),
  stringOption({ name: 'alluxio.locality.order', doc: 'The tiers by which a client knows which worker is near, from near to far.' }),
  stringOption({
    name: 'alluxio.locality.script',
    doc: 'A program that says where a client is, node=NAME,rack=NAME, for the tiers that no option names. Alluxio: alluxio-locality.sh, if there is one.',
  }),
  booleanOption({
    name: 'alluxio.locality.compare.node.ip',
    doc: 'Whether a client takes nodes of different names for one when the names stand for the same address.',
  }),
  booleanOption({
    name: 'alluxio.user.short.circuit.preferred',
    doc: 'Whether a client opens the files of a worker also when that has a domain socket.',
  }),
  booleanOption({
    name: 'alluxio.user.file.passive.cache.enabled',
    doc: 'Whether a client asks the worker on its machine to keep a copy of what it has read from another one.',
  }),
  booleanOption({
    name: 'alluvium.user.file.write.through.when.full',
    doc: 'Whether an ASYNC_THROUGH file for which no worker has room goes to its store at once (the default); an error in Alluxio.',
  }),
];

/** How the bytes of files reach workers. The first ones are declared by the worker, which has defaults for itself. */
export const dataPathOptions: readonly Option<unknown>[] = [
  stringOption({ name: 'alluxio.worker.hostname', doc: 'The host of SpecificHostPolicy.' }),
  stringOption({ name: 'alluxio.locality.node', doc: 'The node that the client is on.' }),
  stringOption({ name: 'alluxio.locality.rack', doc: 'The rack that the client is in.' }),
  booleanOption({ name: 'alluxio.user.short.circuit.enabled', doc: 'Whether the client opens files of a worker.' }),
  ...ownDataPathOptions,
];

export const clientOptions: readonly Option<unknown>[] = [
  masterHostname,
  masterRpcPort,
  masterAddresses,
  loginUser,
  loginPassword,
  writeType,
  readType,
  blockSize,
  ...ownDataPathOptions,
];
