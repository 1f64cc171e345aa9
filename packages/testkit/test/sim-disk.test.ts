import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, SimClock, SimDisk } from '@alluvium/testkit';

const SECTOR = 512;

/** A durable file of ones, and disks by seed. */
async function* disks(count: number): AsyncGenerator<SimDisk> {
  for (let seed = 0; seed < count; seed++) {
    const disk = new SimDisk(new SeededRandom(seed));
    disk.restore('/d/f', Buffer.alloc(4 * SECTOR, 1));
    yield disk;
  }
}

async function read(disk: SimDisk, path = '/d/f'): Promise<Buffer> {
  return disk.mount().readFile(path);
}

test('after a crash each sector of what was not synced is as it was at some moment, and not all of them at the same', async () => {
  const outcomes = new Set<string>();
  for await (const disk of disks(200)) {
    const file = await disk.mount().open('/d/f', 'update');
    await file.write([Buffer.alloc(2 * SECTOR, 2)], 0);
    await file.write([Buffer.alloc(2 * SECTOR, 3)], SECTOR);
    disk.crash();
    const bytes = await read(disk);
    const sectors = [0, 1, 2, 3].map((at) => new Set(bytes.subarray(at * SECTOR, (at + 1) * SECTOR)));
    assert.ok(
      sectors.every(({ size }) => size === 1),
      'a sector is written whole or not at all',
    );
    const text = sectors.map(([value]) => value).join('');
    assert.match(text, /^[12][123][13]1$/);
    outcomes.add(text);
  }
  for (const wanted of ['1111', '2331', '2111', '1331', '2211', '1131']) assert.ok(outcomes.has(wanted), `${wanted} of ${[...outcomes]}`);
});

test('after a crash a file that grew has a length that it had in between, and zeros where nothing came', async () => {
  const lengths = new Set<number>();
  for await (const disk of disks(100)) {
    const file = await disk.mount().open('/d/f', 'update');
    await file.write([Buffer.alloc(1000, 2)], 4 * SECTOR);
    disk.crash();
    const bytes = await read(disk);
    lengths.add(bytes.length);
    assert.ok(bytes.subarray(4 * SECTOR).every((byte) => byte === 0 || byte === 2));
  }
  assert.ok(lengths.has(4 * SECTOR) && lengths.has(4 * SECTOR + 1000) && lengths.size > 10);
});

test('what was synced is there after every crash, and names of a directory that was synced', async () => {
  for await (const disk of disks(50)) {
    const mount = disk.mount();
    const file = await mount.open('/d/g', 'create');
    await file.write([Buffer.from('abc')], 0);
    await file.sync();
    await mount.rename('/d/g', '/d/h');
    await mount.syncDirectory('/d');
    await mount.remove('/d/f');
    disk.crash();
    assert.equal((await read(disk, '/d/h')).toString(), 'abc');
    assert.equal(disk.lengthOf('/d/g'), undefined);
  }
});

test('names that were not synced are kept or lost in the order in which they changed', async () => {
  const seen = new Set<string>();
  for await (const disk of disks(60)) {
    const mount = disk.mount();
    await mount.open('/d/g', 'create');
    await mount.rename('/d/g', '/d/h');
    await mount.remove('/d/f');
    disk.crash();
    seen.add(
      disk
        .paths()
        .filter((path) => path.startsWith('/d/'))
        .join(' '),
    );
  }
  assert.deepEqual([...seen].sort(), ['/d/f', '/d/f /d/g', '/d/f /d/h', '/d/h']);
});

test('after a failed sync the cache takes for clean what may not be on the disk: the next sync succeeds without it', async () => {
  let lost = 0;
  let kept = 0;
  for await (const disk of disks(60)) {
    const file = await disk.mount().open('/d/f', 'update');
    await file.write([Buffer.alloc(SECTOR, 2)], 0);
    disk.faults.syncErrors = 1;
    await assert.rejects(file.sync(), { kind: 'dataLoss' });
    disk.faults.syncErrors = 0;
    await file.sync();
    assert.equal((await read(disk))[0], 2, 'processes still see it');
    disk.crash();
    if ((await read(disk))[0] === 2) kept++;
    else lost++;
  }
  assert.ok(lost > 5 && kept > 5, `${lost} lost, ${kept} kept`);
});

test('calls fail by their share, and syncs take their time', async () => {
  const clock = new SimClock();
  const disk = new SimDisk(new SeededRandom(1), { latency: { clock, maxMs: 1 } });
  disk.restore('/d/f', Buffer.from('abc'));
  disk.faults.readErrors = 1;
  await clock.run(assert.rejects(disk.mount().readFile('/d/f'), { kind: 'dataLoss', message: /input\/output error/ }));
  disk.faults.readErrors = 0;
  disk.faults.maxSyncMs = 60_000;
  const slow = async (): Promise<void> => {
    const file = await disk.mount().open('/d/f', 'update');
    for (let i = 0; i < 10; i++) await file.sync();
  };
  await clock.run(slow());
  assert.ok(clock.monotonicMs() > 60_000);
  assert.equal(disk.failures, 1);
});
