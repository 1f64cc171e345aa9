import { kindOf, messageOf, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { UfsStatus, UnderStore } from '@alluvium/ufs';
import type { fileJournal } from '@alluvium/wire';
import { storePath } from '../../mount/mount.js';
import { Pace } from '../../task/pace.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { endEntry, type StoreIntent } from './store-intents.js';

interface Attributes {
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}

/** Entries per journal operation. */
const BATCH = 500;

/**
 * A change of owner, group or mode: it goes on to its end. Where the store refuses a part of it, the inode keeps what it had, in the
 * store as well, and the change ends there, as it does for who asks while nothing is cut off.
 */
export async function settleAttributes(c: FileContext, intent: StoreIntent): Promise<void> {
  const inode = intent.inode === undefined ? undefined : c.tree.get(intent.inode);
  const path = inode === undefined ? undefined : c.tree.pathOf(inode.id);
  let plan: JournalEntry[] = [];
  const pace = new Pace(c.clock);
  if (inode !== undefined && path !== undefined) {
    for (const [at, atPath] of intent.recursive === true ? c.tree.within(inode, path) : [[inode, path] as const]) {
      const update = await changed(c, at, atPath, intent);
      if (update === 'refused') break;
      if (c.tree.get(at.id) !== undefined) plan.push({ updateInode: update });
      if (plan.length >= BATCH) await c.committer.commit(plan.splice(0));
      if (pace.spent()) await pace.rest();
    }
  }
  plan = [...plan, endEntry(intent.id)];
  await c.committer.commit(plan);
}

async function changed(
  c: FileContext,
  inode: Inode,
  path: NormalPath,
  intent: StoreIntent,
): Promise<fileJournal.UpdateInodeEntry | 'refused'> {
  const { store } = c.mounts.resolve(path);
  const at = storePath(c.mounts.resolve(path), path);
  const wanted = { owner: intent.owner ?? inode.owner, group: intent.group ?? inode.group, mode: intent.mode ?? inode.mode };
  const update = { id: inode.id, ...wanted };
  const stored = inode.persistence === 'PERSISTED' && (inode.kind === 'directory' || inode.completed) && store.capabilities.permissions;
  const before = stored ? await store.status(at) : undefined;
  if (before === undefined) return update;
  try {
    await change(store, at, before, wanted, intent);
  } catch (error) {
    if (!['permissionDenied', 'unimplemented', 'invalidArgument', 'unknown'].includes(kindOf(error))) throw error;
    c.log.info('a change of attributes that was cut off is refused by the store', { path, reason: messageOf(error) });
    const now = await store.status(at);
    if (now !== undefined) await change(store, at, now, takenBack(now, wanted, inode), intent);
    return 'refused';
  }
  const after = await store.status(at);
  return after === undefined ? update : { ...update, ufsFingerprint: fingerprintOf(store, after) };
}

/** Only what the intent speaks of: the rest may differ for good. */
async function change(store: UnderStore, at: string, now: UfsStatus, wanted: Attributes, intent: StoreIntent): Promise<void> {
  const owner = intent.owner !== undefined && now.owner !== wanted.owner ? wanted.owner : undefined;
  const group = intent.group !== undefined && now.group !== wanted.group ? wanted.group : undefined;
  if (owner !== undefined || group !== undefined) await store.setOwner(at, owner, group);
  if (intent.mode !== undefined && now.mode !== wanted.mode) await store.setMode(at, wanted.mode);
}

/** What of the change is in the store goes back to what the inode has. */
function takenBack(now: UfsStatus, wanted: Attributes, inode: Attributes): Attributes {
  return {
    owner: now.owner === wanted.owner ? inode.owner : now.owner,
    group: now.group === wanted.group ? inode.group : now.group,
    mode: now.mode === wanted.mode ? inode.mode : now.mode,
  };
}
