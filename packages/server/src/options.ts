// What can be set about a whole process, and everything that its roles declare.
import { masterOptions } from '@alluvium/master';
import { clientOptions } from './client-options.js';
import { choiceOption, stringOption, type Option } from '@alluvium/platform';
import { ufsOptions } from '@alluvium/ufs';
import { workerOptions } from '@alluvium/worker';

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
