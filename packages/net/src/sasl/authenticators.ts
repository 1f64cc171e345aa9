import { AlluviumError } from '@alluvium/base';
import type { Caller } from '../rpc/call.js';
import type { Authenticator } from '../rpc/network.js';
import { plainFailure } from './plain.js';
import type { Plain } from './plain.js';

/**
 * Who may act for whom: `alluxio.master.security.impersonation.<connection user>.users` and `.groups`. A list with `*`
 * names everybody. A connection user without an entry may act for nobody.
 */
export interface ImpersonationRules {
  readonly usersByConnectionUser: ReadonlyMap<string, readonly string[]>;
  readonly groupsByConnectionUser: ReadonlyMap<string, readonly string[]>;
  groupsOf(user: string): readonly string[] | Promise<readonly string[]>;
}

const NO_IMPERSONATION: ImpersonationRules = {
  usersByConnectionUser: new Map(),
  groupsByConnectionUser: new Map(),
  groupsOf: () => [],
};

/** Checks a user's password; throws, or rejects, to refuse. */
export type PasswordProvider = (user: string, password: string) => void | Promise<void>;

/** Believes the name that the client gives, as `alluxio.security.authentication.type=SIMPLE`. */
export function simpleAuthenticator(rules: ImpersonationRules = NO_IMPERSONATION): Authenticator {
  return { scheme: 'SIMPLE', authenticate: (plain) => callerOf(plain, rules) };
}

/** Asks a provider, as `alluxio.security.authentication.type=CUSTOM`. */
export function customAuthenticator(provider: PasswordProvider, rules: ImpersonationRules = NO_IMPERSONATION): Authenticator {
  return {
    scheme: 'CUSTOM',
    async authenticate(plain) {
      try {
        await provider(plain.authenticationId, plain.password);
      } catch (error) {
        if (error instanceof AlluviumError) throw plainFailure(error.message);
        throw error;
      }
      return await callerOf(plain, rules);
    },
  };
}

/** No handshake, no callers: `alluxio.security.authentication.type=NOSASL`. */
export const noAuthenticator: Authenticator = {
  scheme: 'NOSASL',
  authenticate(): never {
    throw plainFailure('Authentication is switched off');
  },
};

function callerOf(plain: Plain, rules: ImpersonationRules): Caller | Promise<Caller> {
  const connectionUser = plain.authenticationId;
  const user = plain.authorizationId === '' ? connectionUser : plain.authorizationId;
  const caller = { user, connectionUser };
  if (user === connectionUser) return caller;
  const users = rules.usersByConnectionUser.get(connectionUser);
  const groups = rules.groupsByConnectionUser.get(connectionUser);
  if (users === undefined && groups === undefined) throw noneAllowed(connectionUser, user);
  if (users !== undefined && (users.includes('*') || users.includes(user))) return caller;
  if (groups?.includes('*') === true) return caller;
  if (groups === undefined) throw notAllowed(connectionUser, user);
  return callerByGroup(caller, groups, rules);
}

async function callerByGroup(caller: Caller, allowed: readonly string[], rules: ImpersonationRules): Promise<Caller> {
  const groups = await rules.groupsOf(caller.user);
  if (groups.some((group) => allowed.includes(group))) return caller;
  throw notAllowed(caller.connectionUser, caller.user);
}

// The two texts of 2.9.4, which differ in more than what they have to say.

const GUIDE = 'Please read the guide to configure impersonation at https://docs.alluxio.io/os/user/2.9/en/operation/Security.html';

function noneAllowed(connectionUser: string, user: string): Error {
  return plainFailure(
    `Failed to authenticate client user="${connectionUser}" connecting to Alluxio server and impersonating as impersonationUser="${user}" to access Alluxio file system. ` +
      `User "${connectionUser}" is not configured to allow any impersonation. ${GUIDE}`,
  );
}

function notAllowed(connectionUser: string, user: string): Error {
  return plainFailure(
    `Failed to authenticate client user="${connectionUser}" connecting to Alluxio master and impersonating as impersonationUser="${user}" to access Alluxio file system. ` +
      `user="${connectionUser}" is not configured to impersonate as impersonationUser="${user}".${GUIDE}`,
  );
}
