import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathsIn, patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function listing(world: InWorld): void {
  test('a directory is listed by name, one level of it', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/list/b/deep`, { recursive: true });
    await put(fs, `${root}/list/c`, patterned(3));
    await put(fs, `${root}/list/a`, patterned(1));
    const found = [];
    for await (const { name, folder, lengthBytes } of fs.list(`${root}/list`)) found.push([name, folder, folder ? 0n : lengthBytes]);
    assert.deepEqual(found, [
      ['a', false, 1n],
      ['b', true, 0n],
      ['c', false, 3n],
    ]);
  });

  test('a recursive listing has every descendant, a directory before what is in it', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/all/b/deep`, { recursive: true });
    await put(fs, `${root}/all/b/deep/leaf`, patterned(3));
    await put(fs, `${root}/all/a`, patterned(1));
    const paths = await pathsIn(fs.list(`${root}/all`, { recursive: true }));
    assert.deepEqual(
      [...paths].sort(),
      ['/all/a', '/all/b', '/all/b/deep', '/all/b/deep/leaf'].map((path) => root + path),
    );
    assert.ok(paths.indexOf(`${root}/all/b`) < paths.indexOf(`${root}/all/b/deep/leaf`));
  });

  test('an empty directory lists nothing, a file lists itself', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/empty`);
    await put(fs, `${root}/alone`, patterned(1));
    assert.deepEqual(await pathsIn(fs.list(`${root}/empty`)), []);
    assert.deepEqual(await pathsIn(fs.list(`${root}/alone`)), [`${root}/alone`]);
  });

  test('a listing of nothing is an error, and says so when it is read', async () => {
    const { fs, root } = world();
    await rejectsWith('notFound', pathsIn(fs.list(`${root}/nothing`)));
  });

  test('a listing may be left in the middle', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/many`);
    await Promise.all(Array.from({ length: 20 }, (_, i) => fs.createDirectory(`${root}/many/${i}`)));
    for await (const { folder } of fs.list(`${root}/many`)) {
      assert.equal(folder, true);
      break;
    }
    assert.equal((await pathsIn(fs.list(`${root}/many`))).length, 20);
  });
}
