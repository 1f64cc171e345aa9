import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecord, HEADER_BYTES } from '@alluvium/journal/record.js';
import { World } from './support/world.js';

/** Where the records of a segment begin, and its end. */
function boundaries(bytes: Buffer): number[] {
  const out = [HEADER_BYTES];
  for (let at = HEADER_BYTES; at < bytes.length;) out.push((at += checkRecord(bytes, at)!));
  return out;
}

test('a torn tail is cut off at any byte, and nothing before it is lost', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  await world.commit(3);
  world.append(2);
  await world.flush();
  await world.close();
  const path = world.lastSegment();
  const bytes = await world.read(path);
  const ends = boundaries(bytes);
  assert.equal(ends.length, 6);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const torn = await world.copy();
    await torn.put(path, bytes.subarray(0, cut));
    torn.acknowledged = ends.slice(1).filter((end) => end <= cut).length;
    await torn.open();
    assert.equal(torn.journal.lastSequence, torn.acknowledged, `cut at ${cut}`);
    // Life goes on behind the cut.
    await torn.commit(2);
    torn.disk.crash();
    await torn.open();
    assert.equal(torn.journal.lastSequence, torn.acknowledged);
  }
});

test('a last batch of which sectors are missing is cut off', async () => {
  const world = new World({ reserveBytes: 0, bufferBytes: 1 << 20 });
  await world.open();
  await world.commit(5);
  world.append(60);
  await world.flush();
  await world.close();
  const path = world.lastSegment();
  const bytes = await world.read(path);
  const batch = boundaries(bytes)[5]!;
  let holes = 0;
  for (let sector = Math.ceil(batch / 512) * 512; sector + 512 < bytes.length; sector += 512) {
    const torn = await world.copy();
    await torn.put(path, Buffer.from(bytes).fill(0, sector, sector + 512));
    torn.acknowledged = 5;
    await torn.open();
    assert.equal(
      torn.journal.lastSequence,
      boundaries(bytes).findLastIndex((end) => end <= sector),
    );
    holes++;
  }
  assert.ok(holes > 3);
  // The same hole in a batch that was followed by another is damage.
  await world.open();
  await world.commit();
  await world.close();
  const more = await world.copy();
  await more.put(path, Buffer.from(bytes).fill(0, 1024, 1536));
  await assert.rejects(more.open(), { kind: 'dataLoss' });
});

test('a lost sector is no excuse when a later batch is there', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  await world.commit(60);
  await world.close();
  const path = world.lastSegment();
  await world.put(path, Buffer.from(await world.read(path)).fill(0, 1024, 1536));
  await assert.rejects(world.open(), { kind: 'dataLoss', message: /a later batch follows/ });
});

test('what a killed writer left in memory alone is made durable before anything is built on it', async () => {
  const world = new World();
  await world.open();
  await world.commit(3);
  await new Promise<void>((resolve) => {
    world.disk.failpoint = (call) => {
      if (call.verb === 'sync') {
        world.disk.kill();
        resolve();
      }
      return undefined;
    };
    world.append();
  });
  world.disk.failpoint = undefined;
  await world.open();
  assert.equal(world.journal.lastSequence, 4);
  await world.commit();
  world.disk.crash();
  await world.open();
  assert.equal(world.journal.lastSequence, 5);
});
