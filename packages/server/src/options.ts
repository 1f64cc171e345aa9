// What can be set about a whole process, and everything that its roles declare.
import { masterOptions } from '@alluvium/master';
import { clientOptions } from './client-options.js';
import { choiceOption, durationOption, stringOption, type Option } from '@alluvium/platform';
import { ufsOptions } from '@alluvium/ufs';
import { workerOptions } from '@alluvium/worker';

const SYSTEM_GROUPS = 'alluxio.security.group.provider.ShellBasedUnixGroupsMapping';
const IDENTITY_GROUPS = 'alluxio.security.group.provider.IdentityUserGroupsMapping';

export const authenticationType = choiceOption({
  name: 'alluxio.security.authentication.type',
  default: 'SIMPLE',
  choices: ['SIMPLE', 'CUSTOM', 'NOSASL'],
  doc: 'How callers prove who they are: SIMPLE believes them, CUSTOM asks for a password, NOSASL asks nothing and knows no users.',
});
export const passwordFile = stringOption({
  name: 'alluvium.security.authentication.password.file',
  default: '',
  doc: 'With CUSTOM: a file of lines `user:hash`, as `alluvium hash-password` makes them.',
});
export const impersonationUsers = stringOption({
  name: 'alluxio.master.security.impersonation.<user>.users',
  doc: 'Whom a connection of this user may act for: names separated by commas, or *.',
});
export const impersonationGroups = stringOption({
  name: 'alluxio.master.security.impersonation.<user>.groups',
  doc: 'Members of which groups a connection of this user may act for: names separated by commas, or *.',
});
export const groupMapping = choiceOption({
  name: 'alluxio.security.group.mapping.class',
  default: SYSTEM_GROUPS,
  choices: [SYSTEM_GROUPS, IDENTITY_GROUPS, 'system', 'identity'],
  doc: 'How the groups of a user are found. The two classes of Alluxio stand for system, the groups of the machine of the master, and identity, one group of the name of the user.',
});
export const groupMappingFile = stringOption({
  name: 'alluvium.security.group.mapping.file',
  default: '',
  doc: 'A file of lines `user=group1,group2` that says who is in which group, instead of the mapping class.',
});
export const groupMappingTimeout = durationOption({
  name: 'alluxio.security.group.mapping.cache.timeout',
  default: '1min',
  doc: 'How long the groups of a user are not looked up again.',
});
export const logLevel = choiceOption({
  name: 'alluvium.log.level',
  default: 'info',
  choices: ['debug', 'info', 'warn', 'error'],
  doc: 'The least that the log tells.',
});

export const serverOptions: readonly Option<unknown>[] = [
  authenticationType,
  passwordFile,
  impersonationUsers,
  impersonationGroups,
  groupMapping,
  groupMappingFile,
  groupMappingTimeout,
  logLevel,
];

/** Every option of a server. */
export const allOptions: readonly Option<unknown>[] = [
  ...clientOptions,
  ...serverOptions,
  ...masterOptions,
  ...workerOptions,
  ...ufsOptions,
];
