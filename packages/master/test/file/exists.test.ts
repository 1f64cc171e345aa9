import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exists } from '@alluvium/master/file/operations/exists.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, program, rejects, type World } from './world.js';

const { NEVER, ALWAYS } = fs.LoadMetadataPType;

async function there(w: World, path: string, loadMetadataType?: fs.LoadMetadataPType, user = 'root'): Promise<boolean | undefined> {
  return (await exists(w.c, { path, options: loadMetadataType === undefined ? {} : { loadMetadataType } }, user)).exists;
}

test(
  'exists never fails for a bad or missing path',
  program(async (w) => {
    await w.create('/f');
    assert.equal(await there(w, '/'), true);
    assert.equal(await there(w, '/f'), true);
    for (const path of ['/no', '/no/deeper', '/f/below', 'relative', '', '/a\0b', '/..', `/${'x'.repeat(300)}`])
      assert.equal(await there(w, path), false, JSON.stringify(path).slice(0, 40));
  }),
);

test(
  'exists looks in the store once',
  program(async (w) => {
    w.store.file('old', 'x');
    assert.equal(await there(w, '/old', NEVER), false);
    assert.equal(await there(w, '/old'), true);
    assert.equal(await there(w, '/no'), false);
    w.store.file('no', 'x');
    assert.equal(await there(w, '/no'), false);
    assert.equal(await there(w, '/no', ALWAYS), true);
  }),
);

test(
  'exists fails where the caller may not look',
  program(async (w) => {
    await w.mkdir('/secret', { mode: pmode(0o700) });
    await w.create('/secret/f');
    const message = /^Permission denied: user=alice, access=--x, path=\/secret\/(f|no): failed at secret, /;
    await rejects('permissionDenied', message, () => there(w, '/secret/f', undefined, 'alice'));
    await rejects('permissionDenied', message, () => there(w, '/secret/no', undefined, 'alice'));
    assert.equal(await there(w, '/secret', undefined, 'alice'), true);
  }),
);
