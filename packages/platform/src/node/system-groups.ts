import { execFile } from 'node:child_process';
import type { Clock } from '@alluvium/base';
import type { UserGroups } from '../identity/user-groups.js';
import { isUserName } from '../identity/unix-groups.js';
import { nodeGroups, type NodeGroupsOptions } from './node-groups.js';

/** Users of a directory service that are remembered; those learnt first are forgotten first. */
const MAX_USERS = 10_000;
const LOOKUP_TIMEOUT_MS = 5000;
/** Programs that run at a time; who has to wait longer has no groups for now. */
const MAX_LOOKUPS = 8;

export interface SystemGroupsOptions extends NodeGroupsOptions {
  /** Asks the system, whatever its names come from; rejects when it cannot say. Absent: the program `id`. */
  readonly lookUp?: (user: string) => Promise<readonly string[]>;
}

interface Learnt {
  readonly groups: readonly string[];
  readonly atMs: number;
}

/**
 * Groups as this machine has them: from its files, and for users that are not in them from its directory service (LDAP, SSSD).
 * That takes time, so it is asked when a user authenticates and in the background from then on; an answer counts until the next.
 */
export class SystemGroups implements UserGroups {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #inFiles: (user: string) => readonly string[];
  readonly #lookUp: (user: string) => Promise<readonly string[]>;
  readonly #learnt = new Map<string, Learnt>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(options: SystemGroupsOptions) {
    this.#clock = options.clock;
    this.#maxAgeMs = options.maxAgeMs ?? 60_000;
    this.#inFiles = nodeGroups(options);
    this.#lookUp = options.lookUp ?? groupsById;
  }

  groupsOf(user: string): readonly string[] {
    const groups = this.#inFiles(user);
    if (groups.length > 0) return groups;
    void this.learn(user);
    return this.#learnt.get(user)?.groups ?? groups;
  }

  learn(user: string): Promise<void> | undefined {
    const learnt = this.#learnt.get(user);
    if (learnt !== undefined && this.#clock.monotonicMs() - learnt.atMs < this.#maxAgeMs) return undefined;
    const running = this.#asking.get(user);
    if (running !== undefined) return running;
    if (this.#asking.size >= MAX_LOOKUPS || !isUserName(user) || this.#inFiles(user).length > 0) return undefined;
    const asking = this.#ask(user, learnt).finally(() => this.#asking.delete(user));
    this.#asking.set(user, asking);
    return asking;
  }

  async #ask(user: string, before: Learnt | undefined): Promise<void> {
    // A service that is away for a moment takes nobody's groups.
    const groups = await this.#lookUp(user).catch(() => before?.groups ?? []);
    this.#learnt.delete(user);
    this.#learnt.set(user, { groups, atMs: this.#clock.monotonicMs() });
    if (this.#learnt.size > MAX_USERS) this.#learnt.delete(this.#learnt.keys().next().value!);
  }
}

/** `id -Gnz`: the primary group first. No shell is run, and a name cannot be taken for an option. */
function groupsById(user: string): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    execFile('id', ['-Gnz', '--', user], { timeout: LOOKUP_TIMEOUT_MS }, (error, stdout) => {
      if (error === null) resolve(stdout.split('\0').filter((name) => name !== ''));
      // Exit code 1: there is no such user.
      else if (error.code === 1) resolve([]);
      else reject(error);
    });
  });
}
