import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ReadableFile } from '@alluvium/client';
import { bytesOf, eventually, get, MIB, patterned, put, rejectsWith } from './world.js';
import type { InWorld, World } from './world.js';

/** Makes the workers drop a persisted file. */
async function freed({ fs }: World, path: string): Promise<void> {
  await eventually(async () => {
    await fs.free(path, { forced: true });
    return (await fs.status(path)).inAlluxioPercentage === 0;
  });
}

export function reading(world: InWorld): void {
  const bytes = patterned(3 * MIB + 999);

  suite('positions of an open file', () => {
    let file: ReadableFile;
    before(async () => {
      const { fs, root } = world();
      await put(fs, `${root}/positions`, bytes);
      file = await fs.open(`${root}/positions`);
    });
    after(() => file.close());

    for (const [offset, length] of [
      [0, 1],
      [0, MIB],
      [MIB - 1, 2],
      [MIB, 100],
      [100, 3 * MIB],
      [3 * MIB + 998, 1],
    ] as const) {
      test(`${length} bytes at ${offset}`, async () => {
        const into = new Uint8Array(length);
        assert.equal(await file.readAt(BigInt(offset), into), length);
        assert.deepEqual(Buffer.from(into), bytes.subarray(offset, offset + length));
      });
    }

    test('past the end there is less, and nothing', async () => {
      const into = new Uint8Array(1000).fill(7);
      assert.equal(await file.readAt(BigInt(bytes.length - 10), into), 10);
      assert.equal(into[10], 7);
      assert.equal(await file.readAt(BigInt(bytes.length), into), 0);
      assert.equal(await file.readAt(BigInt(bytes.length + 5), into), 0);
      await rejectsWith('invalidArgument', file.readAt(-1n, into));
    });

    test('many at a time do not disturb each other', async () => {
      const offsets = Array.from({ length: 20 }, (_, i) => i * 150_000);
      await Promise.all(
        offsets.map(async (offset) => {
          const into = new Uint8Array(5000);
          await file.readAt(BigInt(offset), into);
          assert.deepEqual(Buffer.from(into), bytes.subarray(offset, offset + 5000));
        }),
      );
    });

    test('a range in order', async () => {
      assert.deepEqual(await bytesOf(file, { offset: 500n, length: BigInt(2 * MIB) }), bytes.subarray(500, 500 + 2 * MIB));
      assert.deepEqual(await bytesOf(file, { offset: BigInt(3 * MIB) }), bytes.subarray(3 * MIB));
    });

    test('leaving a loop in the middle ends that reading, not the file', async () => {
      for await (const chunk of file.chunks()) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.deepEqual(await bytesOf(file), bytes);
    });
  });

  test('a file that is not cached is read from the under store, and cached by that', async () => {
    const { fs, root } = world();
    const path = `${root}/uncached`;
    await put(fs, path, bytes, { writeType: 'THROUGH' });
    assert.equal((await fs.status(path)).inAlluxioPercentage, 0);
    assert.deepEqual(await get(fs, path), bytes);
    await eventually(async () => (await fs.status(path)).inAlluxioPercentage === 100);
  });

  test('an uncached block whose parts are read one by one is in the cache in the end', async () => {
    const { fs, root } = world();
    const path = `${root}/partly`;
    await put(fs, path, bytes, { writeType: 'THROUGH' });
    const file = await fs.open(path);
    const into = new Uint8Array(MIB / 4);
    for (let at = MIB; at < 2 * MIB; at += into.length) {
      await file.readAt(BigInt(at), into);
      assert.deepEqual(Buffer.from(into), bytes.subarray(at, at + into.length));
    }
    await file.close();
    await eventually(async () => (await fs.status(path)).blocks[1]!.locations.length === 1);
  });

  test('NO_CACHE leaves the cache as it is', async () => {
    const { fs, root } = world();
    const path = `${root}/uncached-still`;
    await put(fs, path, bytes, { writeType: 'THROUGH' });
    assert.deepEqual(await get(fs, path, { readType: 'NO_CACHE' }), bytes);
    // Another file is cached meanwhile: reports of what is cached come in order.
    await put(fs, `${root}/uncached-other`, patterned(1));
    assert.equal((await fs.status(path)).inAlluxioPercentage, 0);
  });

  test('what was freed is read again from the under store', async () => {
    const { fs, root } = world();
    const path = `${root}/freed`;
    await put(fs, path, bytes, { writeType: 'CACHE_THROUGH' });
    const file = await fs.open(path);
    await freed(world(), path);
    // The open file believes that the worker still has it.
    assert.deepEqual(await bytesOf(file), bytes);
    await file.close();
    assert.deepEqual(await get(fs, path, { readType: 'CACHE_PROMOTE' }), bytes);
  });

  test('a directory does not open', async () => {
    const { fs, root } = world();
    await fs.createDirectory(`${root}/directory`);
    await rejectsWith('invalidArgument', fs.open(`${root}/directory`));
  });

  test('a closed file is not read', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/shut`, patterned(10));
    const file = await fs.open(`${root}/shut`);
    await file.close();
    await rejectsWith('failedPrecondition', file.readAt(0n, new Uint8Array(1)));
  });
}
