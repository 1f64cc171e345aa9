// A store that renames by copying may give a copy another content hash: S3 does, for objects that were uploaded in parts. The inodes
// take the new one, so that a sync does not believe that somebody else has replaced the files.
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { UfsStatus, UnderStore } from '@alluvium/ufs';
import { fileJournal } from '@alluvium/wire';
import { Pace } from '../task/pace.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { ETAG_XATTR } from './load-metadata.js';

/** Files per commit. */
const BATCH = 500;

/** `at` is where the store has now what belongs to the inode and to all below it. The caller holds the inode. */
export async function takeCopiedFingerprints(c: FileContext, store: UnderStore, inode: Inode, at: string): Promise<void> {
  if (store.capabilities.rename !== 'copy') return;
  if (inode.kind === 'directory') return takeBelow(c, store, inode, at);
  const status = await store.status(at);
  const entry = status === undefined ? undefined : fingerprintEntry(store, c.tree.get(inode.id), status);
  if (entry !== undefined) await c.committer.commit([entry]);
}

async function takeBelow(c: FileContext, store: UnderStore, directory: Inode, at: string): Promise<void> {
  const pace = new Pace(c.clock);
  let plan: JournalEntry[] = [];
  for await (const status of store.list(at, { recursive: true })) {
    const entry = status.directory ? undefined : fingerprintEntry(store, inodeBelow(c, directory, status.name), status);
    if (entry !== undefined) plan.push(entry);
    if (plan.length >= BATCH) {
      await c.committer.commit(plan);
      plan = [];
    }
    if (pace.spent()) await pace.rest();
  }
  await c.committer.commit(plan);
}

/** By a path relative to a directory. */
function inodeBelow(c: FileContext, directory: Inode, path: string): Inode | undefined {
  let inode: Inode | undefined = directory;
  for (const name of path.split('/')) inode = inode === undefined ? undefined : c.tree.child(inode.id, name);
  return inode;
}

/** Undefined when nothing is to be changed. */
function fingerprintEntry(store: UnderStore, inode: Inode | undefined, status: UfsStatus): JournalEntry | undefined {
  if (inode?.kind !== 'file' || inode.persistence !== 'PERSISTED' || inode.fingerprint === '' || status.length !== inode.length)
    return undefined;
  const ufsFingerprint = fingerprintOf(store, status);
  if (ufsFingerprint === inode.fingerprint) return undefined;
  const updateInode: fileJournal.UpdateInodeEntry = { id: inode.id, ufsFingerprint };
  if (status.contentHash !== undefined && inode.xattr?.has(ETAG_XATTR) === true) {
    updateInode.xAttr = { [ETAG_XATTR]: Buffer.from(status.contentHash) };
    updateInode.xAttrUpdateStrategy = fileJournal.XAttrUpdateStrategy.UNION_REPLACE;
  }
  return { updateInode };
}
