import { fail } from '@alluvium/base';
import { checkUserName } from './unix-groups.js';

/** Who is in which group. */
export interface UserGroups {
  /** The groups of a user as far as they are known now, the primary one first. Throws `invalidArgument` for what no user can be called. */
  groupsOf(user: string): readonly string[];
  /** Asks for what is not known yet; undefined when there is nothing to ask. Never rejects: who cannot be asked for has no groups. */
  learn(user: string): Promise<void> | undefined;
}

/** Each user is in one group, which has the user's name. */
export const identityGroups: UserGroups = {
  groupsOf(user) {
    checkUserName(user);
    return [user];
  },
  learn: () => undefined,
};

/** Lines `user=group1,group2`, the primary group first; `#` begins a comment. Throws `invalidArgument` with the line that is none. */
export function parseStaticGroups(text: string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const [at, line] of text.split('\n').entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const [user = '', names, ...more] = content.split('=').map((part) => part.trim());
    const list = (names ?? '').split(',').map((name) => name.trim());
    if (user === '' || names === undefined || more.length > 0 || list.includes('') || groups.has(user))
      throw fail('invalidArgument', `line ${at + 1} is "${content.slice(0, 100)}"; user=group1,group2 wanted, each user once`);
    groups.set(user, [...new Set(list)]);
  }
  return groups;
}
