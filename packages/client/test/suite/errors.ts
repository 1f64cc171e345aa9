import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '@alluvium/base';
import { patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function errors(world: InWorld): void {
  test('a file is no directory', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/file`, patterned(1));
    await rejectsWith('invalidArgument', fs.create(`${root}/file/below`, { writeType: 'MUST_CACHE' }));
    // 2.9.4 calls it an invalid path, which Hadoop's file systems may not.
    await assert.rejects(fs.status(`${root}/file/below`), (error) => ['invalidArgument', 'notFound'].includes(kindOf(error)));
  });

  test('a path that is none does not reach the master', async () => {
    const { fs } = world();
    await rejectsWith('invalidArgument', fs.status('relative'));
    await rejectsWith('invalidArgument', fs.createDirectory('/../above'));
    await rejectsWith('invalidArgument', fs.rename('/a', ''));
  });

  test('the message names what it is about', async () => {
    const { fs, root } = world();
    await assert.rejects(fs.status(`${root}/missing`), { message: `Path "${root}/missing" does not exist.` });
  });

  test('a file is not under its own descendant', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/self`);
    await rejectsWith('invalidArgument', fs.rename(`${root}/self`, `${root}/self/child`));
  });
}
