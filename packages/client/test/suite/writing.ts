import type { WriteType } from '@alluvium/client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, get, MIB, patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

const STATES: Readonly<Record<WriteType, readonly string[]>> = {
  MUST_CACHE: ['NOT_PERSISTED'],
  CACHE_THROUGH: ['PERSISTED'],
  THROUGH: ['PERSISTED'],
  // Persistence may already be done.
  ASYNC_THROUGH: ['TO_BE_PERSISTED', 'PERSISTED'],
};

export function writing(world: InWorld): void {
  for (const [writeType, states] of Object.entries(STATES) as [WriteType, readonly string[]][]) {
    test(`${writeType}: a file of several blocks comes back as it was written`, async () => {
      const { fs, root } = world();
      const path = `${root}/write-${writeType}`;
      const bytes = patterned(3 * MIB + 12_345);
      await put(fs, path, bytes, { writeType });
      const status = await fs.status(path);
      assert.ok(states.includes(status.persistenceState), status.persistenceState);
      assert.equal(status.lengthBytes, BigInt(bytes.length));
      assert.equal(status.inAlluxioPercentage, writeType === 'THROUGH' ? 0 : 100);
      assert.deepEqual(await get(fs, path), bytes);
    });

    test(`${writeType}: an empty file, and one of exactly one block`, async () => {
      const { fs, root } = world();
      for (const length of [0, MIB]) {
        const path = `${root}/write-${writeType}-${length}`;
        await put(fs, path, patterned(length), { writeType });
        assert.equal((await fs.status(path)).completed, true);
        assert.deepEqual(await get(fs, path), patterned(length));
      }
    });
  }

  test('many small writes are one file, and the bytes may be reused after each', async () => {
    const { fs, root } = world();
    const bytes = patterned(MIB + 70_000);
    const file = await fs.create(`${root}/pieces`, { writeType: 'MUST_CACHE', blockSizeBytes: BigInt(MIB) });
    const piece = Buffer.alloc(7001);
    for (let at = 0; at < bytes.length; at += piece.length) {
      const size = bytes.copy(piece, 0, at, Math.min(bytes.length, at + piece.length));
      await file.write(piece.subarray(0, size));
    }
    piece.fill(0);
    assert.equal(file.writtenBytes, BigInt(bytes.length));
    await file.close();
    assert.deepEqual(await get(fs, `${root}/pieces`), bytes);
  });

  test('a file is there, and incomplete, until it is closed', async () => {
    const { fs, root } = world();
    const file = await fs.create(`${root}/open`, { writeType: 'MUST_CACHE' });
    await file.write(patterned(10));
    assert.equal((await fs.status(`${root}/open`)).completed, false);
    await rejectsWith('failedPrecondition', fs.open(`${root}/open`));
    await file.close();
    assert.equal((await fs.status(`${root}/open`)).completed, true);
    await rejectsWith('failedPrecondition', file.write(patterned(1)));
  });

  test('closing twice, and aborting after closing, changes nothing', async () => {
    const { fs, root } = world();
    const file = await fs.create(`${root}/closed`, { writeType: 'MUST_CACHE' });
    await file.write(patterned(10));
    await Promise.all([file.close(), file.close()]);
    await file.abort();
    assert.deepEqual(await get(fs, `${root}/closed`), patterned(10));
  });

  for (const writeType of Object.keys(STATES) as WriteType[]) {
    test(`${writeType}: an aborted file is gone`, async () => {
      const { fs, root } = world();
      const path = `${root}/aborted-${writeType}`;
      const file = await fs.create(path, { writeType, blockSizeBytes: BigInt(MIB) });
      await file.write(patterned(2 * MIB + 100));
      await file.abort();
      assert.equal(await fs.exists(path), false);
      await rejectsWith('failedPrecondition', file.write(patterned(1)));
    });
  }

  test('an ASYNC_THROUGH file is persisted in the end', async () => {
    const { fs, root } = world();
    const path = `${root}/in-the-end`;
    await put(fs, path, patterned(MIB + 1), { writeType: 'ASYNC_THROUGH' });
    await eventually(async () => (await fs.status(path)).persisted);
    assert.deepEqual(await get(fs, path), patterned(MIB + 1));
  });

  test('a file that is only cached is persisted on demand', async () => {
    const { fs, root } = world();
    const path = `${root}/on-demand`;
    await put(fs, path, patterned(MIB + 1));
    await fs.persist(path);
    await eventually(async () => (await fs.status(path)).persisted);
  });

  test('several files are written at a time', async () => {
    const { fs, root } = world();
    const all = Array.from({ length: 8 }, (_, i) => ({ path: `${root}/side-by-side-${i}`, bytes: patterned(MIB + i, i) }));
    await Promise.all(all.map(({ path, bytes }) => put(fs, path, bytes)));
    for (const { path, bytes } of all) assert.deepEqual(await get(fs, path), bytes);
  });
}
