import type { Bits, DefaultAcl, DirectoryInode, ExtendedAcl, Inode } from '@alluvium/metastore';
import { acl as wire, fileJournal } from '@alluvium/wire';
import { bitsOf } from './acl-message.js';

// How a set_acl entry changes an inode, and what a new inode inherits. Pure functions, alike when an operation is done and when it
// is replayed; the rules are those of Alluxio 2.9.4.

const { OWNER, NAMED_USER, OWNING_GROUP, NAMED_GROUP, MASK, OTHER } = wire.AclEntryType;
const { REPLACE, REMOVE, REMOVE_ALL, REMOVE_DEFAULT } = fileJournal.PSetAclAction;

/** The inode after the action. Entries that do not fit it, such as default entries on a file, change nothing. */
export function withAcl(inode: Inode, action: fileJournal.PSetAclAction, entries: readonly wire.AclEntry[]): Inode {
  if (action === REMOVE_ALL) return { ...inode, acl: undefined };
  if (action === REMOVE_DEFAULT) return inode.kind === 'directory' ? { ...inode, defaultAcl: undefined } : inode;
  const own = entries.filter((entry) => entry.isDefault !== true);
  const access = new AclEdit(inode.mode, inode.acl);
  // Entries of the default ACL replace those of the same name and nothing else.
  if (action === REPLACE && own.length > 0) access.clear();
  access.apply(action, own);
  const changed = { ...inode, mode: access.mode, acl: access.extended() };
  if (changed.kind === 'file' || own.length === entries.length) return changed;
  if (changed.defaultAcl === undefined && action === REMOVE) return changed;
  const defaults = new AclEdit(changed.defaultAcl?.mode ?? changed.mode, changed.defaultAcl);
  defaults.apply(
    action,
    entries.filter((entry) => entry.isDefault === true),
  );
  return { ...changed, defaultAcl: { users: NO_NAMES, groups: NO_NAMES, mask: undefined, ...defaults.extended(), mode: defaults.mode } };
}

const NO_NAMES: ReadonlyMap<string, Bits> = new Map();

export function isExtended(acl: ExtendedAcl | undefined): boolean {
  return acl !== undefined && acl.users.size + acl.groups.size > 0;
}

/** Owner, group, others and named entries while they are changed. */
class AclEdit {
  mode: number;
  #users: Map<string, Bits>;
  #groups: Map<string, Bits>;
  #mask: Bits | undefined;

  constructor(mode: number, acl: ExtendedAcl | undefined) {
    this.mode = mode;
    this.#users = new Map(acl?.users);
    this.#groups = new Map(acl?.groups);
    this.#mask = acl?.mask;
  }

  clear(): void {
    this.mode = 0;
    this.#users = new Map();
    this.#groups = new Map();
    this.#mask = undefined;
  }

  apply(action: fileJournal.PSetAclAction, entries: readonly wire.AclEntry[]): void {
    for (const entry of entries) {
      if (action === REMOVE) this.#remove(entry);
      else this.#set(entry);
    }
    // A mask that is given stays as given; else it grows and shrinks with what it limits.
    const given = entries.some(({ type }) => type === MASK);
    const concerned = entries.some(({ type }) => type === NAMED_USER || type === NAMED_GROUP || type === OWNING_GROUP);
    if (concerned && !given) this.#mask = undefined;
  }

  /** Undefined when nobody is named: there is nothing that a mask would limit then. */
  extended(): ExtendedAcl | undefined {
    if (this.#users.size + this.#groups.size === 0) return undefined;
    return { users: this.#users, groups: this.#groups, mask: this.#mask ?? this.#union() };
  }

  #set({ type, subject = '', actions }: wire.AclEntry): void {
    const bits = bitsOf(actions);
    if (type === NAMED_USER) this.#users.set(subject, bits);
    else if (type === NAMED_GROUP) this.#groups.set(subject, bits);
    else if (type === MASK) this.#mask = bits;
    else this.#setBase(type ?? OWNER, bits);
  }

  #setBase(type: wire.AclEntryType, bits: Bits): void {
    const shift = type === OTHER ? 0 : type === OWNING_GROUP ? 3 : 6;
    this.mode = (this.mode & ~(7 << shift)) | (bits << shift);
  }

  #remove({ type, subject = '' }: wire.AclEntry): void {
    if (type === NAMED_USER) this.#users.delete(subject);
    else if (type === NAMED_GROUP) this.#groups.delete(subject);
  }

  #union(): Bits {
    let bits = (this.mode >> 3) & 7;
    for (const more of this.#users.values()) bits |= more;
    for (const more of this.#groups.values()) bits |= more;
    return bits;
  }
}

export interface InheritedAcl {
  readonly mode: number;
  readonly acl: ExtendedAcl | undefined;
  /** For a directory. */
  readonly defaultAcl: DefaultAcl | undefined;
}

/**
 * What a new inode in `parent` has when `mode` was asked for. A default ACL takes the place of the umask: owner and others get what
 * both allow; the mode's group bits limit the group, or, when somebody is named, the mask.
 */
export function inherited(parent: DirectoryInode, mode: number): InheritedAcl {
  const { defaultAcl } = parent;
  if (defaultAcl === undefined) return { mode, acl: undefined, defaultAcl };
  if (!isExtended(defaultAcl)) return { mode: defaultAcl.mode & mode, acl: undefined, defaultAcl };
  const { users, groups, mask = 7 } = defaultAcl;
  return { mode: defaultAcl.mode & (mode | 0o070), acl: { users, groups, mask: mask & (mode >> 3) & 7 }, defaultAcl };
}
