import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { settleLeftovers } from '@alluvium/master/backup-service/leftovers.js';
import { backupName, completeName, workNames } from '@alluvium/master/backup-service/names.js';
import { writeBackup } from '@alluvium/master/backup-service/write-backup.js';
import { silentLogger } from '@alluvium/platform';
import { rejects } from '../file/world.js';
import { contents, diskSetting, ENTRIES, format, storeSetting, tryToWrite, WRITER, workOn, type Setting } from './places.js';

const TIME_MS = 1_800_000_000_000;
const NAME = backupName(TIME_MS);

/** How many calls a whole backup makes. */
async function callsOf(setting: Setting): Promise<number> {
  setting.failAt(0, false);
  await writeBackup(workOn(setting.open()));
  return setting.calls;
}

const SETTINGS = [diskSetting, storeSetting];

test("a backup has Alluxio's name, is whole, and is marked as complete", async () => {
  assert.equal(NAME, 'alluxio-backup-2027-01-15-1800000000000.gz');
  for (const make of SETTINGS) {
    const setting = make(1);
    const written = await writeBackup(workOn(setting.open()));
    assert.deepEqual([written.name, written.entries], [NAME, ENTRIES.length]);
    assert.deepEqual(await contents(setting.open()), { complete: [NAME], others: [] });
    assert.equal((await writeBackup(workOn(setting.open()))).name, backupName(TIME_MS + 1), 'the clock stood still');
  }
});

test('a backup that fails at any call of its disk or store leaves nothing behind', async () => {
  for (const make of SETTINGS) {
    const calls = await callsOf(make(1));
    assert.ok(calls >= 9, `${calls} calls`);
    for (let call = 1; call <= calls; call++) {
      const setting = make(call);
      setting.failAt(call, false);
      const written = await tryToWrite(workOn(setting.open()));
      assert.equal(written, undefined, `${setting.kind}, call ${call}`);
      assert.deepEqual(await contents(setting.open()), { complete: [], others: [] }, `${setting.kind}, call ${call}`);
    }
  }
});

test('a process that is killed at any call of a backup leaves what the next look removes, or a whole backup', async () => {
  for (const make of SETTINGS) {
    const calls = await callsOf(make(1));
    let finished = 0;
    for (let call = 1; call <= calls; call++) {
      for (let seed = 0; seed < 5; seed++) {
        const setting = make(call * 100 + seed);
        setting.failAt(call, true);
        assert.equal(await tryToWrite(workOn(setting.open())), undefined);
        setting.crash();
        await settleLeftovers(setting.open(), WRITER, silentLogger);
        const { complete, others } = await contents(setting.open());
        assert.deepEqual(others, [], `${setting.kind}, call ${call}`);
        finished += complete.length;
        // Another backup goes well, beside what is there.
        await writeBackup(workOn(setting.open()));
        assert.equal((await contents(setting.open())).complete.length, complete.length + 1);
      }
    }
    assert.ok(finished > 0, 'a backup that has been verified is not thrown away');
  }
});

test('what others are writing in the same directory is left alone', async () => {
  const setting = storeSetting();
  const place = setting.open();
  const theirs = workNames(NAME, 'other-host-1');
  const strangers = [theirs.part, theirs.whole, backupName(7), completeName(backupName(8)), `${NAME}.alluxio.0x01.tmp`, 'notes.txt'];
  for (const name of strangers) await place.write(name, [Buffer.from('x')]);
  await writeBackup(workOn(place));
  assert.deepEqual(setting.names(), [NAME, completeName(NAME), ...strangers].toSorted());
});

test('a file that does not come back as it was written is no backup', async () => {
  const setting = storeSetting();
  const place = setting.open();
  const damaged = { ...format, encode: () => cut(format.encode(format.entries())) };
  await rejects('dataLoss', /Cannot read the backup/, () => writeBackup(workOn(place, { format: damaged })));
  const shorter = { ...format, decode: () => [[]] as never };
  await rejects('dataLoss', 'Cannot back up to "mem://backups": 300 entries were written and 0 are there', () =>
    writeBackup(workOn(place, { format: shorter })),
  );
  assert.deepEqual(setting.names(), []);
});

async function* cut(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield chunk.subarray(0, chunk.length - 20);
}

test('a backup is not complete before what it holds is durable', async () => {
  const setting = storeSetting();
  const durable = Promise.withResolvers<void>();
  const done = writeBackup(workOn(setting.open(), { settled: () => durable.promise }));
  for (let i = 0; i < 100; i++) await Promise.resolve();
  assert.deepEqual(setting.names(), [workNames(NAME, WRITER).part]);
  durable.reject(fail('unavailable', 'Another master has taken over the journal'));
  await rejects('unavailable', /taken over/, () => done);
  assert.deepEqual(setting.names(), []);
});

test('a backup that is cancelled ends, and leaves nothing behind', async () => {
  const setting = storeSetting();
  const stop = new AbortController();
  const progress = (entries: number): void => {
    if (entries === 200) stop.abort(fail('cancelled', 'The master stops'));
  };
  await rejects('cancelled', 'The master stops', () => writeBackup(workOn(setting.open(), { signal: stop.signal, progress })));
  assert.deepEqual(setting.names(), []);
});
