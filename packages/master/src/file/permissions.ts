import { fail, type NormalPath } from '@alluvium/base';
import type { Bits, Inode } from '@alluvium/metastore';
import { isFound, lastOf, nearestAncestor, parentOf, type Walk } from './walk.js';

export const READ: Bits = 4;
export const WRITE: Bits = 2;
export const EXECUTE: Bits = 1;

export interface PermissionOptions {
  /** Off: everybody may do everything. */
  readonly enabled: boolean;
  /** The user that runs the master. */
  readonly superUser: string;
  readonly superGroup: string;
}

/** Who may do what, by owner, group, mode and extended entries; the checks of every operation. */
export class Permissions {
  readonly #options: PermissionOptions;
  readonly #groupsOf: (user: string) => readonly string[];

  constructor(options: PermissionOptions, groupsOf: (user: string) => readonly string[]) {
    this.#options = options;
    this.#groupsOf = groupsOf;
  }

  isSuper(user: string): boolean {
    return !this.#options.enabled || user === this.#options.superUser || this.#groupsOf(user).includes(this.#options.superGroup);
  }

  /** Execute on every directory above the path, as far as they exist. */
  requireTraverse(user: string, walk: Walk): void {
    if (this.isSuper(user)) return;
    this.#traverse(user, walk, isFound(walk) ? walk.inodes.length - 1 : walk.inodes.length);
  }

  /** `bits` on the inode of the path, execute above it. */
  require(user: string, walk: Walk, bits: Bits): void {
    if (this.isSuper(user)) return;
    this.#traverse(user, walk, walk.inodes.length - 1);
    this.#requireOn(user, lastOf(walk), bits, walk.path);
  }

  /** Write on the nearest existing ancestor: to create, remove or rename an entry there. */
  requireParentWrite(user: string, walk: Walk): void {
    if (this.isSuper(user)) return;
    const parent = isFound(walk) ? parentOf(walk)! : nearestAncestor(walk);
    const index = walk.inodes.indexOf(parent);
    if (parent.kind === 'directory') {
      this.#traverse(user, walk, index);
      this.#requireOn(user, parent, WRITE, walk.path);
      return;
    }
    // A file on the way is told as such to who may enter its directory; others hear the same as of any name there.
    const directory = walk.inodes[index - 1]!;
    this.#traverse(user, walk, index - 1);
    if (!this.allows(user, directory, EXECUTE)) throw denied(user, WRITE, walk.path, directory);
  }

  requireOwner(user: string, walk: Walk): void {
    if (this.isSuper(user)) return;
    this.#traverse(user, walk, walk.inodes.length - 1);
    if (lastOf(walk).owner !== user)
      throw fail('permissionDenied', `Permission denied: user=${user} is not the owner of path=${walk.path}`);
  }

  requireSuper(user: string): void {
    if (!this.isSuper(user)) throw fail('permissionDenied', `Permission denied: ${user} is not a super user or in super group`);
  }

  /** Whether `user` has all of `bits` on an inode; says nothing of the directories above. */
  allows(user: string, inode: Inode, bits: Bits): boolean {
    return this.isSuper(user) || (this.#bitsOf(user, inode) & bits) === bits;
  }

  #traverse(user: string, walk: Walk, count: number): void {
    for (let i = 0; i < count; i++) {
      const inode = walk.inodes[i]!;
      if (inode.kind === 'directory') this.#requireOn(user, inode, EXECUTE, walk.path);
    }
  }

  #requireOn(user: string, inode: Inode, bits: Bits, path: NormalPath): void {
    if ((this.#bitsOf(user, inode) & bits) !== bits) throw denied(user, bits, path, inode);
  }

  /** POSIX ACL evaluation: owner, named user, groups (joined), other; the mask limits all but owner and other. */
  #bitsOf(user: string, inode: Inode): Bits {
    if (inode.owner === user) return inode.mode >> 6;
    const acl = inode.acl;
    const mask = acl?.mask ?? 7;
    const named = acl?.users.get(user);
    if (named !== undefined) return named & mask;
    const groups = this.#groupsOf(user);
    let bits: Bits | undefined;
    if (groups.includes(inode.group)) bits = (inode.mode >> 3) & 7;
    if (acl !== undefined) {
      for (const group of groups) {
        const more = acl.groups.get(group);
        if (more !== undefined) bits = (bits ?? 0) | more;
      }
    }
    return bits === undefined ? inode.mode & 7 : bits & mask;
  }
}

function denied(user: string, bits: Bits, path: NormalPath, inode: Inode): Error {
  const where = inode.name === '' ? '/' : inode.name;
  return fail(
    'permissionDenied',
    `Permission denied: user=${user}, access=${rwx(bits)}, path=${path}: failed at ${where}, inode owner=${inode.owner}, inode group=${inode.group}, inode mode=${modeText(inode.mode)}`,
  );
}

function rwx(bits: Bits): string {
  return (bits & READ ? 'r' : '-') + (bits & WRITE ? 'w' : '-') + (bits & EXECUTE ? 'x' : '-');
}

/** 0o755 as `rwxr-xr-x`. */
export function modeText(mode: number): string {
  return rwx(mode >> 6) + rwx(mode >> 3) + rwx(mode);
}
