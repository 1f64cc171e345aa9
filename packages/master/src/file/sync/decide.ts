// What a sync does with one name, from what the namespace and the store have under it: the table of docs/SEMANTICS.md, "Sync".
import type { Inode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';

/**
 *   create     the store has something new
 *   update     owner, group or mode have changed in the store, or a directory that was only here is in the store as well
 *   replace    the content has changed, or a file became a directory: the inode goes, and what the store has is created
 *   remove     what was persisted is gone from the store
 *   unchanged  both agree
 *   skip       left alone: incomplete, not persisted yet, or a mount point
 */
export type SyncAction = 'create' | 'update' | 'replace' | 'remove' | 'unchanged' | 'skip';

/** `fingerprint` is that of `status`. `holdsMounts`: the inode is a directory with mount points somewhere below. */
export function decide(inode: Inode | undefined, status: UfsStatus | undefined, fingerprint: string, holdsMounts: boolean): SyncAction {
  if (inode === undefined) return status === undefined ? 'unchanged' : 'create';
  if (inode.kind === 'file') return decideFile(inode, status, fingerprint);
  if (inode.mountPoint && status?.directory !== true) return 'skip';
  if (status === undefined) return inode.persistence === 'PERSISTED' ? 'remove' : 'unchanged';
  if (!status.directory) return inode.persistence !== 'PERSISTED' || holdsMounts ? 'skip' : 'replace';
  return inode.persistence === 'PERSISTED' && inode.fingerprint === fingerprint ? 'unchanged' : 'update';
}

function decideFile(inode: Inode & { kind: 'file' }, status: UfsStatus | undefined, fingerprint: string): SyncAction {
  if (!inode.completed) return 'skip';
  // Data that is not persisted yet wins over whatever the store has.
  if (inode.persistence !== 'PERSISTED') return status === undefined ? 'unchanged' : 'skip';
  if (status === undefined) return 'remove';
  if (inode.fingerprint === fingerprint) return 'unchanged';
  return !status.directory && sameContent(inode.fingerprint, fingerprint) ? 'update' : 'replace';
}

const CONTENT_TAGS: ReadonlySet<string> = new Set(['TYPE', 'UFS', 'CONTENT_HASH']);

/** Whether two fingerprints differ at most in owner, group, mode and ACL. An unknown one is like no other. */
export function sameContent(a: string, b: string): boolean {
  return a !== '' && b !== '' && contentOf(a) === contentOf(b);
}

function contentOf(fingerprint: string): string {
  return fingerprint
    .split(' ')
    .filter((tag) => CONTENT_TAGS.has(tag.slice(0, tag.indexOf('|'))))
    .join(' ');
}
