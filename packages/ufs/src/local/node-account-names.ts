import { chown } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { fail } from '@alluvium/base';
import { diskError } from '@alluvium/platform';

/** Names of users and groups by their numbers and back, from the files of this machine, read once. */
export class AccountNames {
  #users: Accounts | undefined;
  #groups: Accounts | undefined;

  userName(uid: number): string {
    return (this.#users ??= readAccounts('/etc/passwd')).byId.get(uid) ?? String(uid);
  }

  groupName(gid: number): string {
    return (this.#groups ??= readAccounts('/etc/group')).byId.get(gid) ?? String(gid);
  }

  /** Throws `permissionDenied` when this process may not, `invalidArgument` for a name that this machine does not know. */
  async chown(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    const uid = owner === undefined ? -1 : this.#id((this.#users ??= readAccounts('/etc/passwd')), owner, 'user');
    const gid = group === undefined ? -1 : this.#id((this.#groups ??= readAccounts('/etc/group')), group, 'group');
    try {
      await chown(path, uid, gid);
    } catch (error) {
      throw diskError('set the owner of', path, error);
    }
  }

  /** As {@link chown}, but a store that cannot keep the owner keeps its own. */
  async tryChown(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    for (const [user, of] of [
      [owner, undefined],
      [undefined, group],
    ] as const) {
      if (user === undefined && of === undefined) continue;
      await this.chown(path, user, of).catch(() => {});
    }
  }

  #id(accounts: Accounts, name: string, what: string): number {
    const id = accounts.byName.get(name);
    if (id === undefined) throw fail('invalidArgument', `Cannot set the owner: this machine has no ${what} "${name}"`);
    return id;
  }
}

interface Accounts {
  readonly byId: ReadonlyMap<number, string>;
  readonly byName: ReadonlyMap<string, number>;
}

function readAccounts(file: string): Accounts {
  const byId = new Map<number, string>();
  const byName = new Map<string, number>();
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A container may have none: numbers are shown instead of names.
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (name === undefined || id === undefined || !/^\d+$/.test(id)) continue;
    if (!byId.has(Number(id))) byId.set(Number(id), name);
    byName.set(name, Number(id));
  }
  return { byId, byName };
}
