import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, type InodeId, type MountId, type NormalPath } from '@alluvium/base';
import { CacheUse } from '@alluvium/master/cache/cache-use.js';
import { Places } from '@alluvium/master/cache/places.js';
import { PolicyTable } from '@alluvium/master/cache/policy-table.js';
import { ReclassifiedFiles } from '@alluvium/master/cache/reclassified-files.js';
import { shareOf } from '@alluvium/master/cache/shares.js';
import { UseWindows } from '@alluvium/master/cache/use-windows.js';
import type { JournalEntry } from '@alluvium/journal';
import type { EventKind } from '@alluvium/master/events/events-of.js';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { SimClock } from '@alluvium/testkit';

const path = (text: string): NormalPath => text as NormalPath;
const QUOTA = 'alluvium.cache.quota';
const EACH = 'alluvium.cache.quota.per.worker';
const PRIORITY = 'alluvium.cache.priority';

function world(byPath: Readonly<Record<string, Record<string, string>>>) {
  const properties = new PathProperties();
  const table = new PolicyTable(properties, 1);
  const set = (at: string, values: Record<string, string>): void => {
    for (const entry of properties.planSet(path(at), values)) properties.apply(entry);
  };
  const remove = (at: string): void => {
    for (const entry of properties.planRemove(path(at), [])) properties.apply(entry);
  };
  for (const [at, values] of Object.entries(byPath)) set(at, values);
  return { properties, table, set, remove };
}

test('the longest path that says something of the cache counts, for each property by itself', () => {
  const { table } = world({
    '/a': { [QUOTA]: '10GB', [PRIORITY]: 'high' },
    '/a/b': { [PRIORITY]: 'low' },
    '/a/b/c': { [EACH]: '1MB' },
    '/a/free': { [QUOTA]: 'none' },
    '/other': { 'alluxio.user.file.readtype.default': 'NO_CACHE' },
  });
  const told = (at: string): unknown => {
    const policy = table.classOf(path(at));
    return policy && [policy.path, policy.priority, policy.quota?.path];
  };
  assert.equal(told('/'), undefined);
  assert.equal(told('/ab'), undefined);
  assert.equal(told('/other/f'), undefined);
  assert.deepEqual(told('/a'), ['/a', 'high', '/a']);
  assert.deepEqual(told('/a/x/y'), ['/a', 'high', '/a']);
  assert.deepEqual(told('/a/b/f'), ['/a/b', 'low', '/a'], 'its files still count for the quota above');
  assert.deepEqual(told('/a/b/c/f'), ['/a/b/c', 'low', '/a/b/c']);
  assert.deepEqual(told('/a/free/f'), ['/a/free', 'high', undefined]);
  assert.deepEqual(
    table.all().map(({ path: at, id }) => [at, id > 0]),
    [
      ['/a', true],
      ['/a/b', true],
      ['/a/b/c', true],
      ['/a/free', true],
    ],
  );
});

test('workers ask anew only when files may be in other classes', () => {
  const { table, set, remove } = world({ '/a': { [QUOTA]: '1GB' } });
  const { epoch, version } = table;
  const id = table.classOf(path('/a'))!.id;
  set('/a', { [QUOTA]: '2GB' });
  assert.deepEqual([table.epoch, table.version > version], [epoch, true], 'a quota that changes moves no file');
  set('/b', { 'alluxio.user.file.readtype.default': 'NO_CACHE' });
  assert.equal(table.epoch, epoch);
  set('/b', { [PRIORITY]: 'low' });
  assert.notEqual(table.epoch, epoch);
  remove('/a');
  set('/a', { [PRIORITY]: 'low' });
  assert.equal(table.classOf(path('/a'))!.id, id, 'a path keeps its number');
});

test('values that mean nothing are refused', () => {
  const { properties } = world({});
  for (const [name, value] of [
    [QUOTA, 'much'],
    [QUOTA, '-1'],
    [EACH, ''],
    [PRIORITY, 'urgent'],
  ] as const)
    assert.throws(
      () => properties.planSet(path('/a'), { [name]: value }),
      (error: unknown) => kindOf(error) === 'invalidArgument',
      `${name}=${value}`,
    );
  assert.throws(() => properties.planSet(path('/a'), { 'alluvium.cache.nosuch': '1' }));
  // From a journal that somebody else has written.
  properties.apply({ pathProperties: { path: 'nonsense', properties: { [QUOTA]: '1' } } });
  properties.apply({ pathProperties: { path: '/a', properties: { [QUOTA]: 'much', [PRIORITY]: 'low' } } });
  const table = new PolicyTable(properties, 1);
  assert.deepEqual(
    table.all().map(({ path: at, quota, priority }) => [at, quota, priority]),
    [['/a', undefined, 'low']],
  );
});

test('the shares of all workers never add up to more than the quota', () => {
  for (const [quota, capacities] of [
    [100, [1n, 1n, 1n]],
    [7, [3n, 5n, 11n, 2n]],
    [0, [4n, 4n]],
    [2 ** 50, [10n ** 12n, 3n, 10n ** 13n]],
  ] as const) {
    const all = capacities.reduce((sum, bytes) => sum + bytes, 0n);
    const shares = capacities.map((bytes) => shareOf({ quotaBytes: quota }, bytes, all)!);
    const sum = shares.reduce((a, b) => a + b, 0n);
    assert.ok(sum <= BigInt(quota) && sum > BigInt(quota) - BigInt(capacities.length), `${quota}: ${shares.join(' ')}`);
  }
  assert.equal(shareOf({ quotaBytes: 100 }, 5n, 0n), 0n, 'nobody serves yet');
  assert.equal(shareOf({ quotaBytes: 100 }, 10n, 5n), 100n, 'a worker that is not counted yet');
  assert.equal(shareOf({ quotaPerWorkerBytes: 30 }, 1n, 2n), 30n);
  assert.equal(shareOf({ quotaBytes: 100, quotaPerWorkerBytes: 30 }, 1n, 2n), 30n);
  assert.equal(shareOf({ quotaBytes: 40, quotaPerWorkerBytes: 30 }, 1n, 2n), 20n);
  assert.equal(shareOf({ quotaBytes: 'none' }, 1n, 2n), undefined);
});

test('a file that is renamed into another class is told by its id; a directory has everything asked anew', () => {
  const { table } = world({ '/a': { [PRIORITY]: 'low' }, '/d/deep/x': { [PRIORITY]: 'high' } });
  const changed = new ReclassifiedFiles(table);
  const after = (seen: number): readonly bigint[] | undefined => changed.after(seen, 100_000)?.files;
  const happens = (
    event: { kind: EventKind; path: string; oldPath?: string; directory?: boolean },
    inode: bigint,
    entry: JournalEntry = {},
  ): void =>
    changed.happened(
      {
        sequence: 1,
        directory: false,
        ...event,
        path: path(event.path),
        oldPath: event.oldPath === undefined ? undefined : path(event.oldPath),
        inode: inode as InodeId,
        timeMs: 0,
      },
      entry,
    );
  const rename = (oldPath: string, newPath: string, inode: bigint, directory = false): void =>
    happens({ kind: 'RENAMED', path: newPath, oldPath, directory }, inode);
  const { epoch } = table;
  rename('/x', '/y', 1n);
  rename('/a/x', '/a/y', 2n);
  rename('/a/x', '/y', 3n);
  const seen = changed.last;
  rename('/x', '/a/y', 4n);
  assert.deepEqual([after(0), after(seen), after(changed.last)], [[3n, 4n], [4n], []]);
  assert.deepEqual(changed.after(0, 1), { files: [3n], last: seen }, 'and the rest after that');
  happens({ kind: 'CHANGED', path: '/a/y' }, 5n, { updateInode: { id: 5n, mode: 7 } });
  happens({ kind: 'CHANGED', path: '/y' }, 5n, { updateInode: { id: 5n, persistenceState: 'PERSISTED' } });
  happens({ kind: 'CHANGED', path: '/a/y' }, 6n, { updateInode: { id: 6n, persistenceState: 'PERSISTED' } });
  happens({ kind: 'COMPLETED', path: '/a/y' }, 7n);
  happens({ kind: 'CHANGED', path: '/a/y' }, 8n, { updateInode: { id: 8n, pinned: false } });
  assert.deepEqual(after(seen), [4n, 6n, 7n, 8n], 'what is in its store now, or not pinned any more');
  rename('/x', '/y', 5n, true);
  assert.equal(table.epoch, epoch);
  rename('/x', '/a/x', 6n, true);
  assert.notEqual(table.epoch, epoch);
  const second = table.epoch;
  rename('/d', '/e', 7n, true);
  assert.notEqual(table.epoch, second, 'what was in it was in the class of a path below');
  for (let n = 0; n < 30_000; n++) rename('/x', '/a/y', 4n);
  assert.equal(after(seen), undefined, 'too long ago');
  assert.equal(after(changed.last - 9000)!.length, 9000);
});

test('reads are counted by directory to a depth, then by mount, and the rest together', () => {
  const places = new Places(2, 2);
  const root = { id: 1n as MountId, path: path('/') };
  const mount = { id: 2n as MountId, path: path('/m') };
  const pathOf = (file: string, at = root): string | undefined => places.byId(places.idOf(path(file), at))?.path;
  assert.equal(pathOf('/a/b/c/d'), '/a/b');
  assert.equal(pathOf('/a/b/x'), '/a/b');
  assert.equal(pathOf('/f'), '/');
  assert.equal(pathOf('/m/x/y', mount), '/m', 'no more directories: the mount');
  assert.deepEqual(places.byId(places.idOf(path('/m/z'), mount))?.mountPath, '/m');
  assert.equal(pathOf('/c/d'), '/');
  const third = { id: 3n as MountId, path: path('/n') };
  assert.equal(pathOf('/n/x', third), '/n');
  assert.equal(places.idOf(path('/o/x'), { id: 4n as MountId, path: path('/o') }), 0, 'and no more mounts');
});

test('when there are no more places those that are idle make room, and what they counted stays with the others', async () => {
  const clock = new SimClock();
  const places = new Places(1, 2);
  const use = new CacheUse(clock, places);
  const root = { id: 1n as MountId, path: path('/') };
  const read = (place: number, hitBytes: bigint): void => use.add({ places: [{ place, figures: { hits: 1n, hitBytes } }] });
  const told = (): unknown[] =>
    use
      .report(10, true)
      .paths!.map(({ name, start }) => [name, start!.hitBytes])
      .sort();
  const a = places.idOf(path('/a/f'), root);
  const b = places.idOf(path('/b/f'), root);
  read(a, 1n);
  read(b, 2n);
  read(places.idOf(path('/c/f'), root), 4n);
  assert.deepEqual(
    told(),
    [
      ['/', 4n],
      ['/a', 1n],
      ['/b', 2n],
    ],
    'no room: the mount',
  );
  await clock.advance(3_500_000);
  read(b, 8n);
  await clock.advance(200_000);
  read(places.idOf(path('/d/f'), root), 16n);
  assert.deepEqual(told(), [
    ['', 5n],
    ['/b', 10n],
    ['/d', 16n],
  ]);
  read(a, 32n);
  assert.deepEqual(
    told(),
    [
      ['', 5n],
      ['/', 32n],
      ['/b', 10n],
      ['/d', 16n],
    ],
    'a worker still has the number of what was forgotten',
  );
  await clock.advance(4_000_000);
  read(a, 64n);
  assert.deepEqual(told(), [
    ['', 63n],
    ['/a', 64n],
  ]);
  read(12345, 1n);
  assert.deepEqual(told(), [
    ['', 64n],
    ['/a', 64n],
  ]);
});

test('what was read goes out of the last minute and the last hour, and stays in the sum', () => {
  const windows = new UseWindows();
  const bytes = (nowMs: number): unknown[] => {
    const { minute, hour, start } = windows.message('', nowMs);
    return [minute, hour, start].map((figures) => Number(figures!.hitBytes));
  };
  const hit = (hitBytes: number, nowMs: number): void => windows.add({ hits: 1, hitBytes, misses: 0, missBytes: 0 }, nowMs);
  hit(1, 5000);
  hit(2, 15_000);
  hit(4, 59_999);
  assert.deepEqual(bytes(59_999), [7, 7, 7]);
  assert.deepEqual(bytes(60_001), [6, 7, 7]);
  assert.deepEqual(bytes(119_999), [0, 7, 7]);
  hit(8, 3_599_000);
  assert.deepEqual(bytes(3_599_999), [8, 15, 15]);
  assert.deepEqual(bytes(3_600_001), [8, 8, 15]);
  assert.deepEqual(bytes(9_000_000), [0, 0, 15]);
});
