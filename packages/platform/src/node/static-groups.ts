import { readFileSync, statSync } from 'node:fs';
import { fail, messageOf, type Clock } from '@alluvium/base';
import { checkUserName } from '../identity/unix-groups.js';
import { parseStaticGroups, type UserGroups } from '../identity/user-groups.js';
import type { Logger } from '../logger.js';

export interface StaticGroupsOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the file is not looked at again. */
  readonly maxAgeMs: number;
}

/**
 * Groups from a file of lines `user=group1,group2`, read again when it has changed. Throws `invalidArgument` when it cannot be used
 * now; what cannot be used later is told in the log, and what was read before counts on.
 */
export function staticGroups({ path, clock, log, maxAgeMs }: StaticGroupsOptions): UserGroups {
  let { groups, changedMs } = read(path);
  let lookedMs = clock.monotonicMs();
  const refresh = (): void => {
    lookedMs = clock.monotonicMs();
    try {
      if (statSync(path).mtimeMs !== changedMs) ({ groups, changedMs } = read(path));
    } catch (error) {
      log.warn('file of groups cannot be read; what it said before counts on', { path, reason: messageOf(error) });
    }
  };
  return {
    groupsOf(user) {
      checkUserName(user);
      if (clock.monotonicMs() - lookedMs >= maxAgeMs) refresh();
      return groups.get(user) ?? [];
    },
    learn: () => undefined,
  };
}

function read(path: string): { groups: ReadonlyMap<string, readonly string[]>; changedMs: number } {
  try {
    return { groups: parseStaticGroups(readFileSync(path, 'utf8')), changedMs: statSync(path).mtimeMs };
  } catch (error) {
    throw fail('invalidArgument', `Cannot use the file of groups ${path}: ${messageOf(error)}`, error);
  }
}
