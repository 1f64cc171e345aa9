import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getFilePath } from '@alluvium/master/file/operations/get-file-path.js';
import { getFileInfo } from '@alluvium/master/file/worker-service.js';
import { program, rejects } from './world.js';

test(
  'an id leads to where the file is now',
  program(async (w) => {
    await w.create('/a/f', { recursive: true });
    const fileId = (await w.status('/a/f')).fileId!;
    const directory = (await w.status('/a')).fileId!;
    assert.equal(getFilePath(w.c, { fileId: 0n }).path, '/');
    assert.equal(getFilePath(w.c, { fileId }).path, '/a/f');
    await w.mv('/a', '/b');
    assert.equal(getFilePath(w.c, { fileId }).path, '/b/f');
    assert.equal(getFilePath(w.c, { fileId: directory }).path, '/b');
    assert.deepEqual(getFileInfo(w.c, { fileId }).fileInfo, await w.status('/b/f'));
    await w.rm('/b/f');
    await rejects('notFound', `inodeId ${fileId} does not exist`, () => getFilePath(w.c, { fileId }));
    await rejects('notFound', `inodeId ${fileId} does not exist`, () => getFileInfo(w.c, { fileId }));
  }),
);
