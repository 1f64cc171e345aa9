import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileContext } from '@alluvium/master/file/context.js';
import { createDirectory } from '@alluvium/master/file/operations/create-directory.js';
import { createFile } from '@alluvium/master/file/operations/create-file.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, World } from './world.js';

const { MUST_CACHE, THROUGH } = fs.WritePType;

/** Owner and group of what `user` makes below /d, which is alice's and of staff. */
async function made(user: string, writeType: fs.WritePType, inheritOwnership = true): Promise<string[]> {
  const w = new World();
  await w.mkdir('/d', { mode: pmode(0o777) });
  await w.set('/d', { owner: 'alice', group: 'staff' });
  const c: FileContext = { ...w.c, options: { ...w.c.options, inheritOwnership } };
  await createFile(c, { path: '/d/x/f', options: { recursive: true, writeType } }, user);
  await createDirectory(c, { path: '/d/y', options: { writeType } }, user);
  return ['/d/x', '/d/x/f', '/d/y'].map((path) => `${w.inode(path)!.owner}:${w.inode(path)!.group}`);
}

for (const writeType of [MUST_CACHE, THROUGH]) {
  test(`who makes something owns it, in his primary group, write type ${writeType}`, async () => {
    assert.deepEqual(await made('bob', writeType), ['bob:users', 'bob:users', 'bob:users']);
    assert.deepEqual(await made('eve', writeType), ['eve:staff', 'eve:staff', 'eve:staff'], 'who has no group');
    assert.deepEqual(await made('', writeType), ['alice:staff', 'alice:staff', 'alice:staff'], 'who has no name');
  });

  test(`nothing is inherited when that is off, write type ${writeType}`, async () => {
    assert.deepEqual(await made('bob', writeType, false), ['bob:users', 'bob:users', 'bob:users']);
    assert.deepEqual(await made('eve', writeType, false), ['eve:', 'eve:', 'eve:']);
    assert.deepEqual(await made('', writeType, false), [':', ':', ':']);
  });
}
