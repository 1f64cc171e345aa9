import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '@alluvium/base';
import { checkUserName, UnixGroups } from '../identity/unix-groups.js';

/** Answers the groups of a user, the primary group first. */
export type GroupMapping = (user: string) => readonly string[];

export interface NodeGroupsOptions {
  readonly clock: Clock;
  /** How long the files are not looked at again; 60 s when absent. */
  readonly maxAgeMs?: number;
  readonly passwdFile?: string;
  readonly groupFile?: string;
}

/** Larger files are not read: such a site has a directory service, and its users come without groups here. */
const MAX_FILE_BYTES = 16 * 2 ** 20;

/**
 * Groups from the files of this machine, read again when they are older than `maxAgeMs`. No program is run, so a user name
 * never reaches a shell. The mapping throws `invalidArgument` for a name that no user can have.
 */
export function nodeGroups(options: NodeGroupsOptions): GroupMapping {
  const maxAgeMs = options.maxAgeMs ?? 60_000;
  let groups: UnixGroups | undefined;
  let readAtMs = 0;
  return (user) => {
    const now = options.clock.monotonicMs();
    if (groups === undefined || now - readAtMs >= maxAgeMs) {
      groups = UnixGroups.parse(read(options.passwdFile ?? '/etc/passwd'), read(options.groupFile ?? '/etc/group'));
      readAtMs = now;
    }
    const found = groups.groupsOf(user);
    if (found.length === 0) checkUserName(user);
    return found;
  };
}

function read(path: string): string {
  try {
    return statSync(path).size > MAX_FILE_BYTES ? '' : readFileSync(path, 'utf8');
  } catch {
    // A container without the file has no groups.
    return '';
  }
}
