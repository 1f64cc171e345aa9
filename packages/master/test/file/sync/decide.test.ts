import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InodeId } from '@alluvium/base';
import { decide, sameContent, type SyncAction } from '@alluvium/master/file/sync/decide.js';
import { fingerprintOf } from '@alluvium/master/file/fingerprint-of.js';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import type { UfsStatus, UnderStore } from '@alluvium/ufs';

const STORE = { capabilities: { type: 'local' } } as UnderStore;
const FILE: UfsStatus = {
  name: 'x',
  directory: false,
  length: 3,
  modifiedMs: 5,
  owner: 'o',
  group: 'g',
  mode: 0o640,
  contentHash: '(len:3,_modtime:5)',
};
const DIRECTORY: UfsStatus = { ...FILE, directory: true, length: 0, contentHash: undefined };
const fingerprint = (status: UfsStatus): string => fingerprintOf(STORE, status);

function file(change: Partial<FileInode> = {}): FileInode {
  return {
    kind: 'file',
    id: 1n as InodeId,
    completed: true,
    persistence: 'PERSISTED',
    fingerprint: fingerprint(FILE),
    ...change,
  } as FileInode;
}

function directory(change: Partial<DirectoryInode> = {}): DirectoryInode {
  const known = { kind: 'directory', persistence: 'PERSISTED', mountPoint: false, fingerprint: fingerprint(DIRECTORY) };
  return { ...known, ...change } as DirectoryInode;
}

const CHMOD = { ...FILE, mode: 0o600 };
const CHANGED = { ...FILE, contentHash: '(len:4,_modtime:9)' };

/** What the namespace has, what the store has, whether there are mount points below, what is done. */
const CASES: readonly (readonly [string, Inode | undefined, UfsStatus | undefined, SyncAction, boolean?])[] = [
  ['nothing anywhere', undefined, undefined, 'unchanged'],
  ['new file', undefined, FILE, 'create'],
  ['new directory', undefined, DIRECTORY, 'create'],
  ['same file', file(), FILE, 'unchanged'],
  ['same directory', directory(), DIRECTORY, 'unchanged'],
  ['mode of a file', file(), CHMOD, 'update'],
  ['owner of a file', file(), { ...FILE, owner: 'other' }, 'update'],
  ['group of a file', file(), { ...FILE, group: 'other' }, 'update'],
  ['mode of a directory', directory(), { ...DIRECTORY, mode: 0o700 }, 'update'],
  ['a directory whose state in the store was unknown', directory({ fingerprint: '' }), DIRECTORY, 'update'],
  ['a directory that was only here', directory({ persistence: 'NOT_PERSISTED' }), DIRECTORY, 'update'],
  ['content of a file', file(), CHANGED, 'replace'],
  ['content and mode', file(), { ...CHANGED, mode: 0o600 }, 'replace'],
  ['a file whose state in the store was unknown', file({ fingerprint: '' }), FILE, 'replace'],
  ['a file that became a directory', file(), DIRECTORY, 'replace'],
  ['a directory that became a file', directory(), FILE, 'replace'],
  ['a directory with mount points that became a file', directory(), FILE, 'skip', true],
  ['a file that went', file(), undefined, 'remove'],
  ['a directory that went', directory(), undefined, 'remove'],
  ['a mount point whose store went', directory({ mountPoint: true }), undefined, 'skip', true],
  ['a mount point over a file', directory({ mountPoint: true }), FILE, 'skip', true],
  ['an incomplete file, nothing there', file({ completed: false }), undefined, 'skip'],
  ['an incomplete file, something there', file({ completed: false }), CHANGED, 'skip'],
  ...(['NOT_PERSISTED', 'TO_BE_PERSISTED', 'LOST'] as const).flatMap(
    (persistence) =>
      [
        [`a ${persistence} file, nothing there`, file({ persistence, fingerprint: '' }), undefined, 'unchanged'],
        [`a ${persistence} file, a file there`, file({ persistence, fingerprint: '' }), FILE, 'skip'],
        [`a ${persistence} file, a directory there`, file({ persistence, fingerprint: '' }), DIRECTORY, 'skip'],
      ] as const,
  ),
  ['a directory only here, nothing there', directory({ persistence: 'NOT_PERSISTED', fingerprint: '' }), undefined, 'unchanged'],
  ['a directory only here, a file there', directory({ persistence: 'NOT_PERSISTED', fingerprint: '' }), FILE, 'skip'],
];

for (const [title, inode, status, action, holdsMounts = false] of CASES) {
  test(`${title}: ${action}`, () => {
    assert.equal(decide(inode, status, status === undefined ? '' : fingerprint(status), holdsMounts), action);
  });
}

test('content counts by type, store and hash, whatever else the fingerprint holds', () => {
  const own = fingerprint(FILE);
  assert.ok(sameContent(own, `${fingerprint(CHMOD)}ACL|user::rw- `));
  assert.ok(!sameContent(own, own.replace('UFS|local', 'UFS|s3')));
  assert.ok(!sameContent(own, fingerprint(CHANGED)));
  assert.ok(!sameContent('', ''));
});
