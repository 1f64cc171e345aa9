import { fail } from '@alluvium/base';
import { customAuthenticator, noAuthenticator, simpleAuthenticator, type Authenticator, type ImpersonationRules } from '@alluvium/net';
import type { Configuration } from '@alluvium/platform';
import { authenticationType, passwordFile } from './options.js';
import { filePasswords } from './passwords.js';

const RULE = /^alluxio\.master\.security\.impersonation\.(.+)\.(users|groups)$/;

/** Who may connect, and act for whom, as the configuration says. */
export function authenticatorOf(configuration: Configuration, groupsOf: (user: string) => readonly string[]): Authenticator {
  const rules = impersonationRules(configuration, groupsOf);
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

function impersonationRules(configuration: Configuration, groupsOf: (user: string) => readonly string[]): ImpersonationRules {
  const users = new Map<string, readonly string[]>();
  const groups = new Map<string, readonly string[]>();
  for (const [name, { value }] of configuration.entries()) {
    const match = RULE.exec(name);
    if (match === null) continue;
    const names = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    (match[2] === 'users' ? users : groups).set(match[1]!, names);
  }
  return { usersByConnectionUser: users, groupsByConnectionUser: groups, groupsOf };
}
