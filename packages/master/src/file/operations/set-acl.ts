import { fail, normalPath, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { fileSystemMaster as fs, type acl, type fileJournal } from '@alluvium/wire';
import { isExtended, withAcl } from '../acl.js';
import type { FileContext } from '../context.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { ttlOf } from '../plan.js';
import { fewBelow } from '../subtree/few-below.js';
import { workBelow, type SubtreeWork } from '../subtree/subtree-work.js';
import { isFound, requireFound, type Walk } from '../walk.js';

type Reply = fs.SetAclPResponse;

const { PAclEntryType, SetAclAction } = fs;

/** Entries of one request, and named ones of one inode: they are told with every status. */
const MAX_ENTRIES = 500;
const MAX_NAME_LENGTH = 256;

/** What is asked for; wire and journal number types, actions and permissions alike. */
interface Change {
  readonly action: fileJournal.PSetAclAction;
  readonly entries: readonly acl.AclEntry[];
  readonly recursive: boolean;
}

/**
 * SetAcl. Stores do not know access control lists, so nothing is told to them. With `recursive`, default entries go to the
 * directories below and not to the files, where a 2.9.4 master stops half-way.
 */
export function setAcl(c: FileContext, request: fs.SetAclPRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const change: Change = {
    action: request.action ?? SetAclAction.REPLACE,
    entries: request.entries ?? [],
    recursive: request.options?.recursive === true,
  };
  if (c.locks.isFree(path, change.recursive ? 'WRITE_EDGE' : 'WRITE_INODE')) {
    const walk = c.tree.walk(path);
    if (isFound(walk) || !mayBeInStore(c, walk)) {
      const inode = check(c, walk, change, user);
      const few = change.recursive ? fewBelow(c, inode, path) : ([[inode, path]] as const);
      if (few !== undefined) {
        for (const [at, atPath] of few) checkBelow(c, at, atPath, change, user);
        return c.committer.commit(few.flatMap(([at]) => planAcl(c, at, change))).then(() => ({}));
      }
    }
  }
  return workBelow(c, { kind: 'setAcl', path, user }, (work) => setLocked(c, path, change, user, work));
}

async function setLocked(c: FileContext, path: NormalPath, change: Change, user: string, work: SubtreeWork): Promise<Reply> {
  await loadPathLocked(c, path, ttlOf(undefined));
  const inode = check(c, c.tree.walk(path), change, user);
  if (!change.recursive) {
    work.plan.push(...planAcl(c, inode, change));
    return {};
  }
  // Before the first change: a descendant of somebody else stops the whole.
  for (const [at, atPath] of c.tree.within(inode, path)) {
    checkBelow(c, at, atPath, change, user);
    if (work.passed(atPath)) await work.rest();
  }
  for (const [at, atPath] of c.tree.within(inode, path)) {
    work.plan.push(...planAcl(c, at, change));
    if (work.did(atPath)) await work.rest();
  }
  return {};
}

function check(c: FileContext, walk: Walk, change: Change, user: string): Inode {
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  c.permissions.requireOwner(user, walk);
  checkEntries(walk.path, change);
  if (inode.kind === 'file' && change.entries.some(isDefault)) throw fail('internal', 'Can not set default ACL for a file');
  return inode;
}

function checkBelow(c: FileContext, inode: Inode, path: NormalPath, change: Change, user: string): void {
  if (!c.permissions.isSuper(user)) {
    const walk = c.tree.walk(path);
    if (isFound(walk)) c.permissions.requireOwner(user, walk);
  }
  const applied = appliedTo(inode, change);
  const extended = [isExtended(inode.acl), inode.kind === 'directory' && isExtended(inode.defaultAcl)];
  const mask = applied.find((entry) => entry.type === PAclEntryType.Mask && extended[Number(isDefault(entry))]);
  if (mask !== undefined && change.action === SetAclAction.REMOVE) {
    throw fail(
      'invalidArgument',
      `Deleting the mask for an extended ACL is not allowed. entry: AclEntry{type=MASK, subject=${mask.subject ?? ''}, actions=AclActions{actions=[]}, isDefault=${isDefault(mask)}}`,
    );
  }
  const { acl: after, ...rest } = withAcl(inode, change.action, applied);
  requireFewNames(path, after);
  if (rest.kind === 'directory') requireFewNames(path, rest.defaultAcl);
}

function requireFewNames(path: NormalPath, acl: Inode['acl']): void {
  const names = acl === undefined ? 0 : acl.users.size + acl.groups.size;
  if (names > MAX_ENTRIES)
    throw fail(
      'invalidArgument',
      `Cannot set the ACL of "${path}": it would name ${names} users and groups; at most ${MAX_ENTRIES} wanted`,
    );
}

const BASE_ENTRIES: readonly (readonly [fs.PAclEntryType, string])[] = [
  [PAclEntryType.Owner, 'OWNING_USER'],
  [PAclEntryType.Other, 'OTHER'],
  [PAclEntryType.OwningGroup, 'OWNING_GROUP'],
];

function checkEntries(path: NormalPath, { action, entries }: Change): void {
  if (action < SetAclAction.REPLACE || action > SetAclAction.REMOVE_DEFAULT)
    throw fail('invalidArgument', `Cannot set the ACL of "${path}": ${action} is no action`);
  if (entries.length > MAX_ENTRIES)
    throw fail('invalidArgument', `Cannot set the ACL of "${path}": ${entries.length} entries; at most ${MAX_ENTRIES} wanted`);
  for (const entry of entries) checkEntry(path, entry);
  if (action === SetAclAction.REPLACE) {
    const missing = BASE_ENTRIES.filter(([type]) => !entries.some((entry) => typeOf(entry) === type)).map(([, name]) => name);
    if (missing.length > 0)
      throw fail(
        'unknown',
        `Replacing ACL entries must include the base entries for user, group, and other. missing: ${missing.join(', ')}`,
      );
  }
  if (action === SetAclAction.REMOVE && entries.some((entry) => BASE_ENTRIES.some(([type]) => typeOf(entry) === type)))
    throw fail('invalidArgument', `Cannot remove the entries of owner, owning group or others from the ACL of ${path}`);
}

function checkEntry(path: NormalPath, entry: acl.AclEntry): void {
  const type = typeOf(entry);
  const { subject = '' } = entry;
  const named = type === PAclEntryType.NamedUser || type === PAclEntryType.NamedGroup;
  const known = type >= PAclEntryType.Owner && type <= PAclEntryType.Other;
  const right = (entry.actions ?? []).every((action) => action >= fs.PAclAction.Read && action <= fs.PAclAction.Execute);
  if (!known || !right || (named && (subject === '' || subject.length > MAX_NAME_LENGTH)))
    throw fail('invalidArgument', `Cannot set the ACL of "${path}": an entry of unknown kind or permission, or without a user or group`);
}

/** An absent field has protobuf's default. */
function typeOf(entry: acl.AclEntry): acl.AclEntryType {
  return entry.type ?? PAclEntryType.Owner;
}

function isDefault(entry: acl.AclEntry): boolean {
  return entry.isDefault === true;
}

function appliedTo(inode: Inode, { entries }: Change): readonly acl.AclEntry[] {
  return inode.kind === 'file' && entries.some(isDefault) ? entries.filter((entry) => !isDefault(entry)) : entries;
}

/** Nothing when the inode is not concerned. */
function planAcl(c: FileContext, inode: Inode, change: Change): JournalEntry[] {
  const entries = appliedTo(inode, change);
  const { action } = change;
  if (action === SetAclAction.REMOVE_DEFAULT && inode.kind === 'file') return [];
  if (action !== SetAclAction.REMOVE_ALL && action !== SetAclAction.REMOVE_DEFAULT && entries.length === 0) return [];
  return [{ setAcl: { id: inode.id, opTimeMs: BigInt(c.clock.nowMs()), action, entries: entries as acl.AclEntry[] } }];
}
