import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIB, patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function attributes(world: InWorld): void {
  test('a status says what was written', async () => {
    const { fs, root } = world();
    const path = `${root}/attributes`;
    await put(fs, path, patterned(2 * MIB + 5), { mode: 0o640 });
    const status = await fs.status(path);
    assert.deepEqual(
      { ...status, path: '', name: status.name, fileId: 0n },
      {
        ...status,
        path: '',
        name: 'attributes',
        fileId: 0n,
        folder: false,
        completed: true,
        lengthBytes: BigInt(2 * MIB + 5),
        mode: 0o640,
      },
    );
    assert.equal(status.blockSizeBytes, BigInt(MIB));
    assert.equal(status.persistenceState, 'NOT_PERSISTED');
    assert.equal(status.ttlMs, -1n);
    assert.ok(status.fileId > 0n);
    assert.ok(status.creationTimeMs > 1_500_000_000_000n);
    assert.ok(status.lastModificationTimeMs >= status.creationTimeMs);
    assert.ok(status.owner.length > 0);
  });

  test('a status names the blocks in order, and where they are', async () => {
    const { fs, root } = world();
    const path = `${root}/blocks`;
    await put(fs, path, patterned(2 * MIB + 5));
    const { blocks } = await fs.status(path);
    assert.deepEqual(
      blocks.map(({ offset, lengthBytes }) => [offset, lengthBytes]),
      [
        [0n, BigInt(MIB)],
        [BigInt(MIB), BigInt(MIB)],
        [BigInt(2 * MIB), 5n],
      ],
    );
    for (const { blockId, locations, lengthBytes } of blocks) {
      assert.equal(locations.length, 1);
      assert.deepEqual(await fs.block(blockId), { blockId, lengthBytes, locations });
    }
  });

  test('mode, owner, group, pin and time to live are changed one by one', async () => {
    const { fs, root } = world();
    const path = `${root}/changed`;
    await put(fs, path, patterned(1));
    await fs.setAttribute(path, { mode: 0o600 });
    await fs.setAttribute(path, { owner: 'somebody' });
    await fs.setAttribute(path, { group: 'some' });
    await fs.setAttribute(path, { pinned: true, pinnedMedia: ['MEM'] });
    await fs.setAttribute(path, { ttlMs: 3_600_000n, ttlAction: 'FREE' });
    const { mode, owner, group, pinned, ttlMs, ttlAction } = await fs.status(path);
    assert.deepEqual(
      { mode, owner, group, pinned, ttlMs, ttlAction },
      { mode: 0o600, owner: 'somebody', group: 'some', pinned: true, ttlMs: 3_600_000n, ttlAction: 'FREE' },
    );
    await fs.setAttribute(path, { ttlMs: -1n, pinned: false });
    const after = await fs.status(path);
    assert.deepEqual([after.ttlMs, after.pinned, after.mode], [-1n, false, 0o600]);
  });

  test('copies decide on the pin, media and extended attributes are kept', async () => {
    const { fs, root } = world();
    const path = `${root}/copies`;
    await put(fs, path, patterned(1), { xattr: { made: Buffer.from('1') } });
    await fs.setAttribute(path, { pinned: true, pinnedMedia: ['SSD', 'MEM'] });
    const pinned = await fs.status(path);
    assert.deepEqual([pinned.pinned, pinned.pinnedMedia, pinned.replicationMin], [true, ['MEM', 'SSD'], 1]);
    await fs.setAttribute(path, { replicationMin: 0, replicationMax: 3 });
    const free = await fs.status(path);
    assert.deepEqual([free.pinned, free.pinnedMedia, free.replicationMin, free.replicationMax], [false, [], 0, 3]);
    await fs.setAttribute(path, { replicationMin: 2 });
    assert.equal((await fs.status(path)).pinned, true);
    await rejectsWith('internal', fs.setAttribute(path, { replicationMin: 4 }));
    await fs.setAttribute(path, { xattr: { made: Buffer.from('2'), more: Buffer.from('3') }, xattrUpdate: 'UNION_PRESERVE' });
    await fs.setAttribute(path, { xattr: { more: Buffer.from('4') }, xattrUpdate: 'UNION_REPLACE' });
    const { xattr } = await fs.status(path);
    assert.deepEqual(
      Object.entries(xattr)
        .map(([name, value]) => `${name}=${Buffer.from(value).toString()}`)
        .sort(),
      ['made=1', 'more=4'],
    );
    await fs.setAttribute(path, { xattr: { made: Buffer.alloc(0) }, xattrUpdate: 'DELETE_KEYS' });
    assert.deepEqual(Object.keys((await fs.status(path)).xattr), ['more']);
    await fs.setAttribute(path, { ttlMs: 3_600_000n, ttlAction: 'DELETE_ALLUXIO', replicationMin: 0 });
    assert.equal((await fs.status(path)).ttlAction, 'DELETE_ALLUXIO');
  });

  test('a recursive change reaches everything below', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/tree/inner`, { recursive: true });
    await put(fs, `${root}/tree/inner/file`, patterned(1));
    await fs.setAttribute(`${root}/tree`, { mode: 0o700, recursive: true });
    for (const path of ['/tree', '/tree/inner', '/tree/inner/file']) assert.equal((await fs.status(root + path)).mode, 0o700, path);
  });

  test('a file is created with its time to live', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/short-lived`, patterned(1), { ttlMs: 86_400_000n, ttlAction: 'DELETE' });
    const { ttlMs, ttlAction } = await fs.status(`${root}/short-lived`);
    assert.deepEqual([ttlMs, ttlAction], [86_400_000n, 'DELETE']);
  });

  test('what is not there has no status, no attributes and no blocks', async () => {
    const { fs, root } = world();
    await rejectsWith('notFound', fs.status(`${root}/nothing`));
    await rejectsWith('notFound', fs.setAttribute(`${root}/nothing`, { mode: 0o600 }));
    await rejectsWith('notFound', fs.remove(`${root}/nothing`));
    await rejectsWith('notFound', fs.open(`${root}/nothing`));
    await rejectsWith('notFound', fs.block(1n << 60n));
    assert.equal(await fs.exists(`${root}/nothing/below/nothing`), false);
  });
}
