// What the command line reads of the configuration to find a cluster. Apart from the servers' options, which load their code.
import { bytesOption, choiceOption, listOption, portOption, stringOption, type Option } from '@alluvium/platform';

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

export const clientOptions: readonly Option<unknown>[] = [
  masterHostname,
  masterRpcPort,
  masterAddresses,
  loginUser,
  loginPassword,
  writeType,
  readType,
  blockSize,
];
