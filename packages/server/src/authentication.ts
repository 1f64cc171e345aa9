import { fail } from '@alluvium/base';
import {
  customAuthenticator,
  noAuthenticator,
  simpleAuthenticator,
  type Authenticator,
  type Caller,
  type ImpersonationRules,
} from '@alluvium/net';
import type { Configuration, UserGroups } from '@alluvium/platform';
import { authenticationType, passwordFile } from './options.js';
import { filePasswords } from './passwords.js';

const RULE = /^alluxio\.master\.security\.impersonation\.(.+)\.(users|groups)$/;

/** Who may connect, and act for whom, as the configuration says. */
export function authenticatorOf(configuration: Configuration, groups: UserGroups): Authenticator {
  const authenticator = believer(configuration, impersonationRules(configuration, groups));
  return {
    scheme: authenticator.scheme,
    authenticate(plain) {
      const caller = authenticator.authenticate(plain);
      return caller instanceof Promise ? caller.then((known) => learn(groups, known)) : learn(groups, caller);
    },
  };
}

/** What a caller does from now on is checked against the groups as they are known: they are asked for before. */
function learn(groups: UserGroups, caller: Caller): Caller | Promise<Caller> {
  return groups.learn(caller.user)?.then(() => caller) ?? caller;
}

function believer(configuration: Configuration, rules: ImpersonationRules): Authenticator {
  switch (configuration.get(authenticationType)) {
    case 'SIMPLE':
      return simpleAuthenticator(rules);
    case 'NOSASL':
      return noAuthenticator;
    case 'CUSTOM': {
      const file = configuration.get(passwordFile);
      if (file === '') throw fail('invalidArgument', `Cannot start: ${authenticationType.name} is CUSTOM; ${passwordFile.name} wanted`);
      return customAuthenticator(filePasswords(file), rules);
    }
  }
}

function impersonationRules(configuration: Configuration, groups: UserGroups): ImpersonationRules {
  const users = new Map<string, readonly string[]>();
  const inGroups = new Map<string, readonly string[]>();
  for (const [name, { value }] of configuration.entries()) {
    const match = RULE.exec(name);
    if (match === null) continue;
    const names = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    (match[2] === 'users' ? users : inGroups).set(match[1]!, names);
  }
  const groupsOf = async (user: string): Promise<readonly string[]> => {
    await groups.learn(user);
    return groups.groupsOf(user);
  };
  return { usersByConnectionUser: users, groupsByConnectionUser: inGroups, groupsOf };
}
