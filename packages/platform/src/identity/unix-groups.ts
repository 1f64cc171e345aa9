import { fail } from '@alluvium/base';

/** Users and groups as /etc/passwd and /etc/group tell them. */
export class UnixGroups {
  readonly #primary: ReadonlyMap<string, string>;
  readonly #groups: ReadonlyMap<string, readonly { readonly id: string; readonly name: string }[]>;

  readonly #asked = new Map<string, readonly string[]>();

  private constructor(primary: ReadonlyMap<string, string>, groups: ReadonlyMap<string, readonly { id: string; name: string }[]>) {
    this.#primary = primary;
    this.#groups = groups;
  }

  /** Lines that are malformed are passed over, as the C library does. */
  static parse(passwd: string, group: string): UnixGroups {
    const names = new Map<string, string>();
    const groups = new Map<string, { id: string; name: string }[]>();
    for (const line of group.split('\n')) {
      const [name, , id, members] = line.split(':');
      if (name === undefined || id === undefined || members === undefined || line.startsWith('#')) continue;
      if (!names.has(id)) names.set(id, name);
      for (const member of members.split(',')) {
        const user = member.trim();
        if (user === '') continue;
        const list = groups.get(user);
        if (list === undefined) groups.set(user, [{ id, name }]);
        else list.push({ id, name });
      }
    }
    const primary = new Map<string, string>();
    for (const line of passwd.split('\n')) {
      const [user, , uid, gid] = line.split(':');
      if (user === undefined || uid === undefined || gid === undefined || line.startsWith('#') || primary.has(user)) continue;
      const name = names.get(gid);
      if (name !== undefined) primary.set(user, name);
    }
    return new UnixGroups(primary, groups);
  }

  /** The groups of a user, the primary group first; none when the user is not known. */
  groupsOf(user: string): readonly string[] {
    const asked = this.#asked.get(user);
    if (asked !== undefined) return asked;
    const out = new Set<string>();
    const primary = this.#primary.get(user);
    if (primary !== undefined) out.add(primary);
    for (const { name } of this.#groups.get(user) ?? []) out.add(name);
    const groups = [...out];
    // Asked several times in each operation; of users that the files know there are not too many.
    if (groups.length > 0) this.#asked.set(user, groups);
    return groups;
  }
}

/** False for what no user can be called: empty, too long, or with characters that separate fields or lines. */
export function isUserName(user: string): boolean {
  return user !== '' && user.length <= 256 && !/[\u0000-\u001f\u007f:,/\\]/.test(user) && !user.startsWith('-');
}

/** Throws `invalidArgument` for what no user can be called. */
export function checkUserName(user: string): void {
  if (!isUserName(user)) {
    throw fail(
      'invalidArgument',
      `Cannot use "${user.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')}" as a user name: letters, digits, ".", "_", "-", "@" and "$" wanted`,
    );
  }
}
