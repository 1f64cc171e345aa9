import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { get, MIB, patterned, put } from './world.js';
import type { InWorld } from './world.js';

export function streams(world: InWorld): void {
  const bytes = patterned(2 * MIB + 17);

  test('web streams copy a file', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/source`, bytes);
    const from = await fs.open(`${root}/source`);
    const to = await fs.create(`${root}/copy`, { writeType: 'MUST_CACHE', blockSizeBytes: BigInt(MIB) });
    await from.stream().pipeTo(to.stream());
    assert.deepEqual(await get(fs, `${root}/copy`), bytes);
  });

  test('Node streams are made of them', async () => {
    const { fs, root } = world();
    const to = await fs.create(`${root}/from-node`, { writeType: 'MUST_CACHE', blockSizeBytes: BigInt(MIB) });
    await pipeline(Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]), Writable.fromWeb(to.stream()));
    const from = await fs.open(`${root}/from-node`);
    const chunks: Buffer[] = [];
    for await (const chunk of Readable.fromWeb(from.stream({ offset: 10n }) as NodeReadableStream)) chunks.push(chunk as Buffer);
    assert.deepEqual(Buffer.concat(chunks), bytes.subarray(10));
  });

  test('a cancelled stream ends the reading', async () => {
    const { fs, root } = world();
    await put(fs, `${root}/cancelled`, bytes);
    const file = await fs.open(`${root}/cancelled`);
    const reader = file.stream().getReader();
    assert.ok(((await reader.read()).value?.length ?? 0) > 0);
    await reader.cancel();
    assert.equal((await reader.read()).done, true);
    await file.close();
  });

  test('an aborted stream removes the file', async () => {
    const { fs, root } = world();
    const file = await fs.create(`${root}/stream-aborted`, { writeType: 'MUST_CACHE' });
    const writer = file.stream().getWriter();
    await writer.write(bytes);
    await writer.abort();
    assert.equal(await fs.exists(`${root}/stream-aborted`), false);
  });
}
