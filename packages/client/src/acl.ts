import { fileSystemMaster as fs } from '@alluvium/wire';
import type { AclEntry, AclKind } from './file-status.js';

// Entries of access control lists, as programs and as the wire have them.

const { PAclAction, PAclEntryType } = fs;
const NONE: readonly AclEntry[] = [];

const KINDS: Readonly<Record<fs.PAclEntryType, AclKind>> = {
  [PAclEntryType.Owner]: 'user',
  [PAclEntryType.NamedUser]: 'user',
  [PAclEntryType.OwningGroup]: 'group',
  [PAclEntryType.NamedGroup]: 'group',
  [PAclEntryType.Mask]: 'mask',
  [PAclEntryType.Other]: 'other',
};

/** The named entries and the mask of a status. */
export function extendedEntries(acl: fs.PAcl | undefined): readonly AclEntry[] {
  if (acl?.entries === undefined || acl.entries.length === 0) return NONE;
  return acl.entries.map((entry) => entryOf(entry, false));
}

/** All entries of a default ACL; none when the directory has none. */
export function defaultEntries(acl: fs.PAcl | undefined): readonly AclEntry[] {
  if (acl === undefined || acl.isDefaultEmpty === true) return NONE;
  const mode = acl.mode ?? 0;
  const base = (kind: AclKind, shift: number): AclEntry => ({ kind, name: '', mode: (mode >> shift) & 7, isDefault: true });
  return [base('user', 6), base('group', 3), base('other', 0), ...(acl.entries ?? []).map((entry) => entryOf(entry, true))];
}

function entryOf({ type, subject, actions }: fs.PAclEntry, isDefault: boolean): AclEntry {
  let mode = 0;
  for (const action of actions ?? []) mode |= 4 >> action;
  return { kind: KINDS[type ?? PAclEntryType.Owner] ?? 'other', name: subject ?? '', mode, isDefault };
}

export function aclEntryMessage({ kind, name, mode, isDefault }: AclEntry): fs.PAclEntry {
  const actions = [PAclAction.Read, PAclAction.Write, PAclAction.Execute].filter((action) => mode & (4 >> action));
  return { type: typeOf(kind, name), subject: name, actions, isDefault };
}

function typeOf(kind: AclKind, name: string): fs.PAclEntryType {
  switch (kind) {
    case 'user':
      return name === '' ? PAclEntryType.Owner : PAclEntryType.NamedUser;
    case 'group':
      return name === '' ? PAclEntryType.OwningGroup : PAclEntryType.NamedGroup;
    case 'mask':
      return PAclEntryType.Mask;
    case 'other':
      return PAclEntryType.Other;
  }
}
