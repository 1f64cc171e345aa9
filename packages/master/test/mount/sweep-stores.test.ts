import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type MountId, type NormalPath } from '@alluvium/base';
import { MountTable } from '@alluvium/master/mount/mount-table.js';
import { StoreSweeper } from '@alluvium/master/mount/sweep-stores.js';
import type { Logger } from '@alluvium/platform';
import { SimClock } from '@alluvium/testkit';
import type { AbandonedOptions, UnderStore } from '@alluvium/ufs';
import { MemoryStore } from '../file/memory-store.js';

const DAY_MS = 86_400_000;
const INTERVAL_MS = 2 * DAY_MS;

/** A store in which a killed process left something. */
class LitteredStore extends MemoryStore {
  readonly swept: AbandonedOptions[] = [];
  found = 0;
  /** What a sweep waits for. */
  gate: Promise<void> | undefined;
  failure: Error | undefined;

  async removeAbandoned(options: AbandonedOptions): Promise<number> {
    this.swept.push(options);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return this.found;
  }
}

interface Place {
  readonly clock: SimClock;
  readonly mounts: MountTable;
  readonly sweeper: StoreSweeper;
  readonly logged: string[];
  /** Mounts whose attempts were asked for. */
  readonly attempts: string[];
  readonly at: (uri: string) => LitteredStore;
}

function place(removeAttempts: () => Promise<number> = async () => 0): Place {
  const clock = new SimClock();
  const stores = new Map<string, LitteredStore>();
  const at = (uri: string): LitteredStore => {
    if (uri.startsWith('bad:')) throw fail('invalidArgument', 'no connector');
    if (!stores.has(uri)) stores.set(uri, new LitteredStore(uri));
    return stores.get(uri)!;
  };
  const logged: string[] = [];
  const tell = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void logged.push(`${level}: ${message}: ${String(fields?.['what'])} of ${String(fields?.['mount'])}`);
  const log: Logger = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error'), child: () => log };
  const factory = { open: (uri: string): UnderStore => at(uri) };
  const mounts = new MountTable({ ufsUri: 'mem://root', readOnly: false, shared: false, properties: new Map() }, factory, log);
  const attempts: string[] = [];
  const sweeper = new StoreSweeper({
    clock,
    log,
    mounts,
    removeAttempts: (mount) => {
      attempts.push(mount.path);
      return removeAttempts();
    },
    intervalMs: INTERVAL_MS,
    ageMs: DAY_MS,
  });
  return { clock, mounts, sweeper, logged, attempts, at };
}

function add(mounts: MountTable, path: string, ufsPath: string, readOnly = false): void {
  mounts.apply({ addMountPoint: { mountId: BigInt(path.length) as MountId, alluxioPath: path as NormalPath, ufsPath, readOnly } });
}

test('every store that may be written to is swept at the start and then from time to time', async () => {
  const { clock, mounts, sweeper, attempts, at } = place();
  add(mounts, '/other', 'mem://other');
  add(mounts, '/read-only', 'mem://read-only', true);
  const startMs = clock.nowMs();
  sweeper.start();
  await clock.advance(1);
  assert.deepEqual(
    at('mem://root').swept.map(({ olderThanMs, nowMs }) => [olderThanMs, nowMs]),
    [[DAY_MS, startMs]],
  );
  assert.equal(at('mem://other').swept.length, 1);
  await clock.advance(INTERVAL_MS - 2);
  assert.equal(at('mem://root').swept.length, 1);
  await clock.advance(INTERVAL_MS + 2);
  assert.deepEqual(
    at('mem://other').swept.map(({ nowMs }) => nowMs - startMs),
    [0, INTERVAL_MS, 2 * INTERVAL_MS],
  );
  assert.equal(at('mem://read-only').swept.length, 0);
  assert.deepEqual(attempts, ['/', '/other', '/', '/other', '/', '/other']);
  sweeper.stop();
  await clock.advance(2 * INTERVAL_MS);
  assert.equal(at('mem://root').swept.length, 3);
});

test('a store that cannot be swept is told in the log, and the others are swept', async () => {
  const { clock, mounts, sweeper, logged, at } = place(() => Promise.reject(fail('permissionDenied', 'no')));
  add(mounts, '/bad', 'bad://x');
  add(mounts, '/other', 'mem://other');
  at('mem://root').failure = fail('unavailable', 'not now');
  at('mem://other').found = 3;
  sweeper.start();
  await clock.advance(1);
  assert.deepEqual(logged, [
    'warn: under store not swept: attempts to persist of /',
    'warn: under store not swept: files of killed writers of /',
    'warn: under store not swept: attempts to persist of /bad',
    'warn: under store not swept: files of killed writers of /bad',
    'warn: under store not swept: attempts to persist of /other',
    'info: removed from an under store: files of killed writers of /other',
  ]);
  await clock.advance(INTERVAL_MS);
  assert.equal(at('mem://root').swept.length, 2, 'it is tried again');
  sweeper.stop();
});

test('one store at a time is swept, none after it was unmounted or the master stops', async () => {
  const { clock, mounts, sweeper, logged, at } = place();
  for (const [path, uri] of [
    ['/a', 'mem://a'],
    ['/bb', 'mem://b'],
    ['/ccc', 'mem://c'],
  ] as const)
    add(mounts, path, uri);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  at('mem://root').gate = first.promise;
  at('mem://b').gate = second.promise;
  sweeper.start();
  await clock.advance(10 * INTERVAL_MS);
  assert.equal(at('mem://root').swept.length, 1, 'the next round waits for this one');
  assert.equal(at('mem://a').swept.length, 0);
  mounts.apply({ deleteMountPoint: { alluxioPath: '/a' } });
  first.resolve();
  await clock.advance(1);
  assert.deepEqual([at('mem://a').swept.length, at('mem://b').swept.length], [0, 1]);
  sweeper.stop();
  assert.equal(at('mem://b').swept[0]!.signal!.aborted, true);
  second.reject(fail('cancelled', 'given up'));
  await clock.advance(10 * INTERVAL_MS);
  assert.equal(at('mem://c').swept.length, 0);
  assert.deepEqual(logged, []);
});
