import type { DefaultAcl, ExtendedAcl } from '@alluvium/metastore';
import { acl as wire } from '@alluvium/wire';

// Owner, group, mode and extended entries of an inode as Alluxio's journal keeps them: one AccessControlList.

export interface OwnedMode {
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
  readonly acl: ExtendedAcl | undefined;
}

const { READ, WRITE, EXECUTE } = wire.AclAction;
/** By rwx bits. */
const ACTIONS: readonly wire.AclAction[][] = [
  [],
  [EXECUTE],
  [WRITE],
  [WRITE, EXECUTE],
  [READ],
  [READ, EXECUTE],
  [READ, WRITE],
  [READ, WRITE, EXECUTE],
];

/** The rwx bits of actions. */
export function bitsOf(actions: readonly wire.AclAction[] | undefined): number {
  let bits = 0;
  for (const action of actions ?? []) bits |= action === READ ? 4 : action === WRITE ? 2 : 1;
  return bits;
}

function actionsOf(bits: number): wire.AclActions {
  return { actions: ACTIONS[bits & 7]! };
}

/** The base entries have the empty name. */
function readNamed(named: readonly wire.NamedAclActions[] | undefined, into: Map<string, number>): number {
  let base = 0;
  for (const entry of named ?? []) {
    if ((entry.name ?? '') === '') base = bitsOf(entry.actions?.actions);
    else into.set(entry.name!, bitsOf(entry.actions?.actions));
  }
  return base;
}

function writeNamed(base: number, named: ReadonlyMap<string, number>): wire.NamedAclActions[] {
  const out: wire.NamedAclActions[] = [{ name: '', actions: actionsOf(base) }];
  for (const [name, bits] of named) out.push({ name, actions: actionsOf(bits) });
  return out;
}

export function readAcl(message: wire.AccessControlList): OwnedMode {
  const users = new Map<string, number>();
  const groups = new Map<string, number>();
  const mode =
    (readNamed(message.userActions, users) << 6) | (readNamed(message.groupActions, groups) << 3) | bitsOf(message.otherActions?.actions);
  const mask = message.maskActions === undefined ? undefined : bitsOf(message.maskActions.actions);
  const extended = users.size > 0 || groups.size > 0;
  return { owner: message.owningUser ?? '', group: message.owningGroup ?? '', mode, acl: extended ? { users, groups, mask } : undefined };
}

export function readDefaultAcl(message: wire.AccessControlList | undefined): DefaultAcl | undefined {
  if (message === undefined || message.isEmpty === true || message.userActions === undefined || message.userActions.length === 0)
    return undefined;
  const { mode, acl } = readAcl(message);
  return { mode, users: acl?.users ?? new Map(), groups: acl?.groups ?? new Map(), mask: acl?.mask };
}

const NO_NAMES: ReadonlyMap<string, number> = new Map();

export function writeAcl(owned: OwnedMode): wire.AccessControlList {
  return {
    owningUser: owned.owner,
    owningGroup: owned.group,
    userActions: writeNamed((owned.mode >> 6) & 7, owned.acl?.users ?? NO_NAMES),
    groupActions: writeNamed((owned.mode >> 3) & 7, owned.acl?.groups ?? NO_NAMES),
    ...(owned.acl?.mask !== undefined && { maskActions: actionsOf(owned.acl.mask) }),
    otherActions: actionsOf(owned.mode & 7),
    isDefault: false,
    isEmpty: false,
  };
}

export function writeDefaultAcl(owner: string, group: string, acl: DefaultAcl): wire.AccessControlList {
  return { ...writeAcl({ owner, group, mode: acl.mode, acl }), isDefault: true, isEmpty: false };
}
