// Entries of access control lists as people write them: `user:bob:rw-,group::r-x,mask::rwx,default:other::---`.
import type { AclEntry, AclKind } from '@alluvium/client';
import { InvalidArgumentError } from 'commander';

const KINDS: readonly string[] = ['user', 'group', 'mask', 'other'];

/** Entries with permissions, separated by commas. */
export function aclEntriesValue(text: string): readonly AclEntry[] {
  return text.split(',').map((part) => entryOf(part, true));
}

/** Entries to remove: a name, and permissions only out of habit. */
export function aclNamesValue(text: string): readonly AclEntry[] {
  return text.split(',').map((part) => entryOf(part, false));
}

function entryOf(text: string, withMode: boolean): AclEntry {
  const parts = text.trim().split(':');
  const isDefault = parts[0] === 'default';
  if (isDefault) parts.shift();
  const [kind = '', name = '', mode] = parts;
  if (!KINDS.includes(kind) || parts.length > 3 || (withMode && mode === undefined) || (parts.length < 2 && withMode))
    throw new InvalidArgumentError(
      `Unexpected acl components: ${text}; [default:]user|group|mask|other:[name]${withMode ? ':rwx' : ''} is wanted.`,
    );
  if (name !== '' && (kind === 'mask' || kind === 'other')) throw new InvalidArgumentError(`${text}: ${kind} has no name.`);
  return { kind: kind as AclKind, name, mode: withMode ? permissionBits(mode!) : 0, isDefault };
}

/** `r-x`, or an octal digit. */
function permissionBits(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text);
  if (!/^[r-][w-][x-]$/.test(text)) throw new InvalidArgumentError(`"${text}" is no permission; rwx with - for what is denied is wanted.`);
  return [...text].reduce((bits, letter, at) => (letter === '-' ? bits : bits | (4 >> at)), 0);
}

export function formatEntry({ kind, name, mode, isDefault }: AclEntry): string {
  return `${isDefault ? 'default:' : ''}${kind}:${name}:${mode & 4 ? 'r' : '-'}${mode & 2 ? 'w' : '-'}${mode & 1 ? 'x' : '-'}`;
}

/** All entries of a status in the order of Alluxio's shell. */
export function entriesOf(status: {
  readonly mode: number;
  readonly acl: readonly AclEntry[];
  readonly defaultAcl: readonly AclEntry[];
}): readonly AclEntry[] {
  const base = (kind: AclKind, shift: number): AclEntry => ({ kind, name: '', mode: (status.mode >> shift) & 7, isDefault: false });
  return [base('user', 6), base('group', 3), base('other', 0), ...status.acl, ...status.defaultAcl];
}
