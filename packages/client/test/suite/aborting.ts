import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, MIB, pathsIn, patterned, put, rejectsWith } from './world.js';
import type { InWorld } from './world.js';

export function aborting(world: InWorld): void {
  test('a call whose signal is aborted already is not made', async () => {
    const { fs, root } = world();
    const signal = AbortSignal.abort();
    await rejectsWith('cancelled', fs.createDirectory(`${root}/never`, { signal }));
    await rejectsWith('cancelled', fs.status(root, { signal }));
    await rejectsWith('cancelled', pathsIn(fs.list(root, { signal })));
    await rejectsWith('cancelled', fs.create(`${root}/never`, { signal, writeType: 'MUST_CACHE' }));
    assert.equal(await fs.exists(`${root}/never`), false);
  });

  test('a read that is aborted in the middle rejects, and the file reads on', async () => {
    const { fs, root } = world();
    const bytes = patterned(4 * MIB);
    await put(fs, `${root}/aborted-read`, bytes);
    const file = await fs.open(`${root}/aborted-read`);
    const controller = new AbortController();
    const reading = (async () => {
      for await (const chunk of file.chunks({ signal: controller.signal })) {
        assert.ok(chunk.length > 0);
        controller.abort();
      }
    })();
    await rejectsWith('cancelled', reading);
    assert.deepEqual(await bytesOf(file), bytes);
    await file.close();
  });

  test('a file whose signal is aborted is gone, and writing it on is refused', async () => {
    const { fs, root } = world();
    const path = `${root}/aborted-write`;
    const controller = new AbortController();
    const file = await fs.create(path, { signal: controller.signal, writeType: 'MUST_CACHE', blockSizeBytes: BigInt(MIB) });
    await file.write(patterned(2 * MIB));
    controller.abort();
    await rejectsWith('cancelled', file.write(patterned(MIB)));
    await file.abort();
    assert.equal(await fs.exists(path), false);
  });
}
