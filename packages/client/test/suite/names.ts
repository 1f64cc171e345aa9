import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, pathsIn, patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function names(world: InWorld): void {
  test('a directory is made, found and removed', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/made`);
    assert.equal((await fs.status(`${root}/made`)).folder, true);
    assert.equal(await fs.exists(`${root}/made`), true);
    await fs.remove(`${root}/made`);
    assert.equal(await fs.exists(`${root}/made`), false);
  });

  test('missing ancestors are made only when asked for', async () => {
    const { fs, root } = world();
    await rejectsWith('notFound', fs.createDirectory(`${root}/a/b/c`));
    await fs.createDirectory(`${root}/a/b/c`, { recursive: true });
    assert.equal((await fs.status(`${root}/a/b`)).folder, true);
    await rejectsWith('notFound', fs.create(`${root}/x/y`, { writeType: 'MUST_CACHE' }));
    await put(fs, `${root}/x/y`, patterned(10), { recursive: true });
    assert.equal((await fs.status(`${root}/x/y`)).folder, false);
  });

  test('an existing directory is an error unless it is allowed', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/twice`);
    await rejectsWith('alreadyExists', fs.createDirectory(`${root}/twice`));
    await fs.createDirectory(`${root}/twice`, { allowExists: true });
  });

  test('an existing file is overwritten only when asked for', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/over`, patterned(100, 1));
    await rejectsWith('alreadyExists', fs.create(`${root}/over`, { writeType: 'MUST_CACHE' }));
    await put(fs, `${root}/over`, patterned(50, 2), { overwrite: true });
    assert.deepEqual(await get(fs, `${root}/over`), patterned(50, 2));
  });

  test('a file and a whole directory are renamed', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/from`);
    await put(fs, `${root}/from/file`, patterned(1000));
    await fs.rename(`${root}/from/file`, `${root}/from/renamed`);
    await fs.rename(`${root}/from`, `${root}/to`);
    assert.equal(await fs.exists(`${root}/from`), false);
    assert.deepEqual(await get(fs, `${root}/to/renamed`), patterned(1000));
  });

  test('a rename onto something, or of nothing, is refused', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/one`, patterned(1));
    await put(fs, `${root}/two`, patterned(2));
    await rejectsWith('alreadyExists', fs.rename(`${root}/one`, `${root}/two`));
    await rejectsWith('notFound', fs.rename(`${root}/nobody`, `${root}/three`));
  });

  test('a directory with children is removed only recursively', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/full`);
    await put(fs, `${root}/full/child`, patterned(3));
    await rejectsWith('failedPrecondition', fs.remove(`${root}/full`));
    await fs.remove(`${root}/full`, { recursive: true });
    assert.equal(await fs.exists(`${root}/full/child`), false);
  });

  test('names of any alphabet, with spaces and odd characters, come back as they were', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/odd`);
    const paths = ['a b', 'ä', '日本', '𝒳', 'q=1&x', '50%', 'a+b', "it's"].map((name) => `${root}/odd/${name}`).sort();
    for (const path of paths) await put(fs, path, patterned(5));
    assert.deepEqual((await pathsIn(fs.list(`${root}/odd`))).sort(), paths);
    for (const path of paths) assert.equal((await fs.status(path)).lengthBytes, 5n, path);
  });

  test('a path is normalised before it is used', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}//norm/`);
    assert.equal((await fs.status(`${root}/norm/../norm/.`)).path, `${root}/norm`);
  });
}
