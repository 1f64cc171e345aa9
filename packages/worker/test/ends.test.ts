// What is left of blocks when their worker ends in the middle.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { chunkOf } from '@alluvium/worker/transfer/read-codec.js';
import { writeBlockMethod } from '@alluvium/worker/transfer/write-codec.js';
import { cluster } from './fakes/cluster.js';
import { patterned, readBlock, writeBlock } from './fakes/client-calls.js';

const CHUNK = 300_000;
const CHUNKS = 6;

test('kill -9 of a worker in WriteBlock at each chunk, restart: no partial block is served', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(CHUNK * CHUNKS);
  await writeBlock(c.channel, 1n, bytes);
  const stream = c.channel.stream(writeBlockMethod);
  const command = { id: 2n, spaceToReserve: BigInt(bytes.length) };
  await stream.write({ command });
  for (let chunks = 0; chunks <= CHUNKS; chunks++) {
    if (chunks > 0) {
      await stream.write({ chunk: chunkOf(bytes.subarray((chunks - 1) * CHUNK, chunks * CHUNK)) });
      await stream.write({ command: { ...command, offset: BigInt(chunks * CHUNK), flush: true } });
      await stream.read();
    }
    // What a process that is killed now leaves.
    const directory = await mkdtemp(`${dirname(c.directory)}/alluvium-killed-`);
    await cp(c.directory, directory, { recursive: true });
    const killed = await cluster(t, { directory });
    assert.deepEqual(killed.master.registrations[0], [1n]);
    await assert.rejects(readBlock(killed.channel, 2n, { length: 1 }), { kind: 'notFound' }, `after ${chunks} chunks`);
    assert.ok(bytes.equals(await readBlock(killed.channel, 1n, { length: bytes.length })));
    assert.deepEqual(await readdir(`${directory}/alluxioworker/.tmp_blocks`), []);
    await writeBlock(killed.channel, 2n, bytes);
    assert.ok(bytes.equals(await readBlock(killed.channel, 2n, { length: bytes.length })));
  }
  stream.end();
  assert.equal(await stream.read(), undefined);
  assert.ok(bytes.equals(await readBlock(c.channel, 2n, { length: bytes.length })));
});

test('a graceful end under load corrupts nothing: what was acknowledged is there and whole, all else is absent', async (t) => {
  const c = await cluster(t, { ramdisk: '256MB' });
  const acknowledged = new Map<bigint, Buffer>();
  let next = 1n;
  const over = new AbortController();
  const writer = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const id = next++;
      const bytes = patterned(200_000, Number(id));
      try {
        await writeBlock(c.channel, id, bytes);
        acknowledged.set(id, bytes);
      } catch {
        return;
      }
    }
  };
  const writers = Promise.all([writer(), writer(), writer(), writer()]);
  await c.master.until(() => c.master.committed.size > 40);
  await c.worker.stop();
  over.abort();
  await writers;
  await c.restart();
  await c.master.until(() => c.master.registrations.length > 1);
  for (const [id, bytes] of acknowledged) assert.ok(bytes.equals(await readBlock(c.channel, id, { length: bytes.length })), `block ${id}`);
  const there = new Set(c.master.registrations.at(-1));
  for (let id = 1n; id < next; id++) {
    if (acknowledged.has(id)) continue;
    if (there.has(id)) assert.ok(patterned(200_000, Number(id)).equals(await readBlock(c.channel, id, { length: 200_000 })));
    else await assert.rejects(readBlock(c.channel, id, { length: 1 }), { kind: 'notFound' });
  }
});
