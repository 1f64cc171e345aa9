import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { nextDailyMs, parseDailyTime } from '@alluvium/master/backup-service/daily-time.js';
import { encodeMark, type BackupMark } from '@alluvium/master/backup-service/mark.js';
import { backupName, completeName, writerName } from '@alluvium/master/backup-service/names.js';
import { removeOldest } from '@alluvium/master/backup-service/retention.js';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { silentLogger } from '@alluvium/platform';
import { namespaceService as ns } from '@alluvium/wire';
import { rejects } from '../file/world.js';
import { Machine } from '../machine.js';
import { storeSetting, WRITER } from './places.js';

const namespace = methodsOf(ns.NamespaceServiceDefinition);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const at = (text: string): number => Date.parse(text);

test('the time of the day is in UTC, and the next one is never now', async () => {
  assert.equal(parseDailyTime('05:00'), 5 * HOUR_MS);
  assert.equal(parseDailyTime('0:07'), 7 * 60_000);
  for (const text of ['', '5', '24:00', '12:60', '5:0', 'noon'])
    await rejects('invalidArgument', /as a time of the day/, () => parseDailyTime(text));
  const five = 5 * HOUR_MS;
  assert.equal(nextDailyMs(at('2026-11-21T04:59:59Z'), five), at('2026-11-21T05:00:00Z'));
  assert.equal(nextDailyMs(at('2026-11-21T05:00:00Z'), five), at('2026-11-22T05:00:00Z'));
  assert.equal(nextDailyMs(at('2026-12-31T23:00:00Z'), five), at('2027-01-01T05:00:00Z'));
});

const mark = (more: Partial<BackupMark> = {}): BackupMark => ({
  id: 'i',
  writer: WRITER,
  scheduled: true,
  startedMs: 1,
  endedMs: 2,
  entries: 3,
  bytes: 1,
  ...more,
});

test('retention removes the oldest daily backups of this master, and nothing else', async () => {
  const setting = storeSetting();
  const place = setting.open();
  const put = async (timeMs: number, complete?: Uint8Array): Promise<void> => {
    await place.write(backupName(timeMs), [Buffer.from('x')]);
    if (complete !== undefined) await place.write(completeName(backupName(timeMs)), [complete]);
  };
  for (const time of [100, 200, 300, 400, 1000]) await put(time, encodeMark(mark()));
  await put(1, encodeMark(mark({ scheduled: false })));
  await put(2, encodeMark(mark({ writer: 'other-host-1' })));
  await put(3, Buffer.alloc(0));
  await put(4, Buffer.from('{"writer":'));
  await put(5);
  await place.write('alluxio-backup-1970-01-01-6.gz.txt', [Buffer.from('x')]);
  const before = setting.names();
  const gone = [100, 200].map((time) => backupName(time));
  assert.deepEqual((await removeOldest(place, WRITER, 3, silentLogger)).toSorted(), gone);
  assert.deepEqual(
    setting.names(),
    before.filter((name) => !gone.some((backup) => name === backup || name === completeName(backup))),
  );
});

interface Daily {
  readonly machine: Machine;
  readonly c: RpcChannel;
  /** Names of the backups in the default directory. */
  readonly there: () => string[];
}

async function daily(settings: Record<string, string> = {}): Promise<Daily> {
  const machine = new Machine({ 'alluxio.master.daily.backup.enabled': 'true', ...settings });
  const c = await machine.start();
  const there = (): string[] =>
    machine.stores
      .at('mem://root/alluxio_backups')
      .paths()
      .filter((path) => path.endsWith('.gz'));
  return { machine, c, there };
}

const list = (c: RpcChannel): Promise<ns.ListBackupsReply> => c.unary(namespace.listBackups, {});

/** Goes to a minute and a half before the next backup, and then past it. */
async function nextDay({ machine, c }: Daily): Promise<number> {
  const due = Number((await list(c)).nextMs!);
  machine.clock.stepWall(due - machine.clock.nowMs() - 90_000);
  await machine.clock.advance(91_000);
  return due;
}

test('each day a backup is written at its time, and the newest are kept', async () => {
  const here = await daily();
  const { machine, c, there } = here;
  // The clock of a simulation begins at 08:00.
  const due = at('2027-01-16T05:00:00Z');
  const first = await list(c);
  assert.deepEqual([first.nextMs, first.retained, first.directory], [BigInt(due), 3, '/alluxio_backups']);
  machine.clock.stepWall(due - machine.clock.nowMs() - 90_000);
  await machine.clock.advance(89_000);
  assert.deepEqual(there(), []);
  await machine.clock.advance(2000);
  assert.deepEqual(there(), [backupName(due)]);
  for (let day = 1; day <= 4; day++) assert.equal(await nextDay(here), due + day * DAY_MS);
  assert.deepEqual(
    there(),
    [2, 3, 4].map((day) => backupName(due + day * DAY_MS)),
  );
  const { backups, nextMs } = await list(c);
  assert.equal(nextMs, BigInt(due + 5 * DAY_MS));
  assert.ok(backups!.every(({ state, scheduled }) => state === 'Completed' && scheduled === true));
});

test('days that were slept through are made up for by one backup', async () => {
  const { machine, c, there } = await daily();
  machine.clock.stepWall(10 * DAY_MS);
  await machine.clock.advance(200_000);
  assert.equal(there().length, 1);
  assert.equal((await list(c)).nextMs, BigInt(at('2027-01-26T05:00:00Z')));
  machine.clock.stepWall(-20 * DAY_MS);
  await machine.clock.advance(200_000);
  assert.equal(there().length, 1);
  assert.equal((await list(c)).nextMs, BigInt(at('2027-01-06T05:00:00Z')));
});

test('a daily backup that fails removes nothing, and the next day is another day', async () => {
  const here = await daily({ 'alluxio.master.daily.backup.files.retained': '1' });
  const { machine, c, there } = here;
  await nextDay(here);
  const [old] = there();
  const store = machine.stores.at('mem://root/alluxio_backups');
  store.before = (call) => {
    if (call.startsWith('rename')) throw fail('permissionDenied', 'the store refuses');
  };
  await nextDay(here);
  assert.deepEqual(there(), [old]);
  assert.deepEqual(
    (await list(c)).backups!.map(({ state, error }) => [state, error]),
    [
      ['Failed', 'the store refuses'],
      ['Completed', undefined],
    ],
  );
  store.before = () => {};
  await nextDay(here);
  assert.deepEqual([there().length, there()[0] === old], [1, false]);
});

test('a master that starts remembers the backups that it finds', async () => {
  const here = await daily();
  const { machine } = here;
  await nextDay(here);
  const again = await machine.restart('crash');
  await machine.clock.advance(1000);
  const { backups } = await list(again);
  assert.deepEqual(
    backups!.map(({ state, scheduled, uri }) => [state, scheduled, uri]),
    [['Completed', true, `mem://root/alluxio_backups/${backupName(at('2027-01-16T05:00:00Z'))}`]],
  );
});

test('the name of a writer is fit for a file', () => {
  assert.equal(writerName('a-b', 'node1.example', 19998), 'a-b-node1.example-19998');
  assert.equal(writerName('a/b', '::1', 1), 'a_b-__1-1');
});
