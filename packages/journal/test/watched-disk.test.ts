import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, sleep } from '@alluvium/base';
import { recordLog, type LogRecord } from './support/record-log.js';
import { at, isSegment, World } from './support/world.js';

const warnings = (log: readonly LogRecord[], pattern: RegExp): LogRecord[] =>
  log.filter(({ level, message }) => level === 'warn' && pattern.test(message));

test('commits wait for a slow disk, which is told of while it lasts, and nothing else breaks', async () => {
  const log: LogRecord[] = [];
  const world = new World({ reserveBytes: 0, slowFlushMs: 5000 });
  world.log = recordLog(log);
  await world.open();
  await world.commit(3);
  at(world, 'segment.sync', 1, { after: () => sleep(world.clock, 12_000) });
  world.append(2);
  let done = false;
  const flushed = world.flush().then(() => (done = true));
  await world.clock.advance(4000);
  assert.equal(warnings(log, /does not finish/).length, 0);
  await world.clock.advance(7000);
  assert.equal(done, false);
  assert.equal(warnings(log, /does not finish a flush: commits wait/).length, 2, 'after 5 and 10 seconds');
  assert.ok(world.journal.figures.longestFlushMs >= 11_000, 'also of the one under way');
  world.append(2);
  await world.clock.run(flushed);
  await world.clock.run(world.flush());
  assert.equal(world.journal.durableSequence, 7);
  assert.equal(world.journal.refusal, undefined);
  const [slow] = warnings(log, /was slow/);
  assert.equal(slow!.fields['flushMs'], 12_000);
  const { flushes, slowFlushes, longestFlushMs } = world.journal.figures;
  assert.deepEqual({ flushes, slowFlushes, longestFlushMs }, { flushes: 5, slowFlushes: 1, longestFlushMs: 12_000 });
  await world.close();
  world.disk.crash();
  await world.open();
});

test('a disk that fills up is told of before it is full, and when it has room again', async () => {
  const log: LogRecord[] = [];
  const world = new World({ reserveBytes: 0, spaceIntervalMs: 60_000, spaceThresholdPercent: 10 });
  world.disk.capacityBytes = 100_000;
  world.log = recordLog(log);
  await world.open();
  await world.commit();
  assert.equal(world.journal.figures.spaceLow, false);
  world.disk.capacityBytes = world.disk.usedBytes + 1;
  assert.equal(world.journal.figures.spaceLow, false, 'not looked at again yet');
  await world.clock.advance(61_000);
  assert.equal(world.journal.figures.spaceLow, true);
  assert.equal(warnings(log, /filling up/).length, 1);
  await world.clock.advance(60_000);
  assert.equal(warnings(log, /filling up/).length, 2);
  world.disk.capacityBytes = 1_000_000;
  await world.clock.advance(60_000);
  assert.equal(world.journal.figures.spaceLow, false);
  assert.equal(log.filter(({ message }) => /has room again/.test(message)).length, 1);
  // Who asks is told how it is now.
  world.disk.capacityBytes = world.disk.usedBytes + 7;
  assert.equal((await world.journal.status()).space!.availableBytes, 7);
  await world.close();
});

test('a disk whose space cannot be told is served from', async () => {
  const world = new World({ reserveBytes: 0 });
  const log: LogRecord[] = [];
  world.log = recordLog(log);
  world.around = (name, _path, call) => (name === 'space.look' ? Promise.reject(fail('dataLoss', 'EIO')) : call());
  await world.open();
  await world.commit(2);
  assert.equal((await world.journal.status()).space, undefined);
  assert.equal(warnings(log, /cannot be told/).length, 2);
});

test('a start on a full disk claims its epoch with the space of the reserve, and serves what it has', async () => {
  const options = { reserveBytes: 8000, bufferBytes: 4000, retryMs: 1000 };
  const world = new World(options);
  await world.open();
  await world.commit(5);
  await world.close();
  // Not even an empty file can be made while the reserve is there.
  let reserved = true;
  world.around = (name, _path, call) => {
    if (name === 'reserve.remove') reserved = false;
    return name === 'epoch.create' && reserved ? Promise.reject(fail('resourceExhausted', 'ENOSPC')) : call();
  };
  world.disk.capacityBytes = world.disk.usedBytes;
  await world.open();
  assert.equal(world.journal.lastSequence, 5);
  // The reserve was made again in the room that it left.
  assert.equal(world.journal.refusal, undefined);
  await world.close();

  world.around = (name, _path, call) => (name === 'epoch.create' ? Promise.reject(fail('resourceExhausted', 'ENOSPC')) : call());
  await assert.rejects(world.open(), {
    kind: 'resourceExhausted',
    message: /^Cannot start: the disk of the journal is full.*free some space and start again/,
  });
  world.around = (_name, _path, call) => call();
  await world.open();
  assert.equal(world.journal.lastSequence, 5);
});

test('read-only for want of space is a state that is told, with what to do, and that ends', async () => {
  const world = new World({ reserveBytes: 4000, bufferBytes: 4000, retryMs: 1000 });
  await world.open();
  await world.commit(1);
  world.failing((call) => isSegment(call) && call.verb === 'write', fail('resourceExhausted', 'ENOSPC'));
  world.append();
  const flushed = world.flush();
  await world.clock.advance(2000);
  const full = await world.journal.status();
  assert.equal(full.state, 'READ_ONLY');
  assert.match(full.refusal!, /the disk of the journal is full; free some space and it goes on by itself/);
  assert.equal(full.lastSequence - full.durableSequence, 1);
  world.disk.failpoint = undefined;
  await world.clock.run(flushed);
  await world.clock.advance(2000);
  assert.equal((await world.journal.status()).state, 'SERVING');
});

test('a segment that the disk cannot read stops the start with file, byte and remedy, and nothing is changed', async () => {
  const world = new World({ reserveBytes: 0, segmentBytes: 1 << 22 });
  await world.open();
  await world.commit(3);
  const big = Array.from({ length: 60_000 }, (_, i) => ({ blockInfo: { blockId: BigInt(i), length: 1n << 60n } }));
  world.journal.append(big);
  await world.journal.flushed();
  await world.close();
  const before = new Map(await Promise.all(world.files('segments').map(async (path) => [path, await world.read(path)] as const)));
  assert.ok(before.get(world.lastSegment())!.length > 1 << 20);
  at(world, 'segment.read', 2, { instead: fail('dataLoss', 'EIO: i/o error') });
  await assert.rejects(world.open(), {
    kind: 'dataLoss',
    message:
      /^Cannot read the journal: the disk does not give ".*\.seg" at byte 1048576: EIO.*nothing was changed\. .*alluvium journal salvage/,
  });
  for (const [path, bytes] of before) assert.deepEqual(await world.read(path), bytes);
});
