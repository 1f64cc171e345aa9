import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinPath, normalPath, type NormalPath } from '@alluvium/base';
import type { LockMode } from '@alluvium/master/lock/lock-table.js';
import { listLocks } from '@alluvium/master/lock/list-locks.js';
import { PathLocks } from '@alluvium/master/lock/path-locks.js';
import { methodsOf } from '@alluvium/net';
import { SeededRandom, SimClock } from '@alluvium/testkit';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Calls, Gate, World, isSettled } from '../file/world.js';

const limits = { timeoutMs: 60_000, maxWaiters: 100_000 };
const P = (path: string): NormalPath => normalPath(path);

/** Whether the second may run while the first is held, by the rules for inodes and edges. */
function compatible(first: readonly [string, LockMode], second: readonly [string, LockMode]): boolean {
  const expand = ([path, mode]: readonly [string, LockMode]): Map<string, boolean> => {
    const locks = new Map<string, boolean>();
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      locks.set(`inode ${at}`, at === path && mode !== 'READ');
      locks.set(`edge ${at}`, at === path && mode === 'WRITE_EDGE');
      if (at === '') return locks;
    }
  };
  const [a, b] = [expand(first), expand(second)];
  return [...a].every(([lock, writes]) => !b.has(lock) || (!writes && b.get(lock) !== true));
}

test('claims conflict as the locks of their inodes and edges do', async () => {
  const paths = ['/a', '/a/b', '/a/b/c', '/a/x', '/z'];
  const modes: LockMode[] = ['READ', 'WRITE_INODE', 'WRITE_EDGE'];
  const all = paths.flatMap((path) => modes.map((mode) => [path, mode] as const));
  for (const first of all) {
    for (const second of all) {
      const locks = new PathLocks(new SimClock(), limits);
      const gate = new Gate();
      const held = locks.hold([{ path: P(first[0]), mode: first[1] }], () => gate.passed);
      const expected = compatible(first, second);
      assert.equal(locks.isFree(P(second[0]), second[1]), expected, `${first.join(' ')} and ${second.join(' ')}`);
      const waits = locks.hold([{ path: P(second[0]), mode: second[1] }], () => {});
      assert.equal(await isSettled(waits), expected);
      gate.open();
      await Promise.all([held, waits]);
      assert.ok(locks.isFree(P('/'), 'WRITE_EDGE'));
    }
  }
});

test('a writer is not starved by readers that keep coming, nor a reader by writers', async () => {
  for (const [many, one] of [
    ['READ', 'WRITE_EDGE'],
    ['WRITE_INODE', 'READ'],
  ] as const) {
    const locks = new PathLocks(new SimClock(), limits);
    const order: string[] = [];
    const gates = new Map<string, Gate>();
    const hold = (name: string, path: string, mode: LockMode): Promise<void> => {
      const gate = new Gate();
      gates.set(name, gate);
      return locks.hold([{ path: P(path), mode }], () => {
        order.push(name);
        return gate.passed;
      });
    };
    // Each of the many comes while the one before it still holds, so that the path is never free.
    const all = [hold('0', '/d/f', many), hold('the one', '/d', one === 'READ' ? 'WRITE_INODE' : one)];
    for (let i = 1; i < 20; i++) {
      all.push(hold(`${i}`, '/d/f', many));
      gates.get(order.at(-1)!)!.open();
      await isSettled(new Promise(() => {}));
    }
    assert.equal(order[1], 'the one');
    for (const gate of gates.values()) gate.open();
    await Promise.all(all);
    assert.equal(locks.waiting, 0);
  }
});

test('claims of one operation are granted together, whatever their order: no deadlock', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed);
    const pick = (n: number): number => Math.floor(random.next() * n);
    const locks = new PathLocks(new SimClock(), limits);
    const held: [string, LockMode][] = [];
    const all: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      const claims: { path: NormalPath; mode: LockMode }[] = [];
      while (claims.length < 1 + pick(3)) {
        let path = P('/');
        for (let depth = 1 + pick(3); depth > 0; depth--) path = joinPath(path, 'abc'[pick(3)]!);
        const mode = (['READ', 'WRITE_INODE', 'WRITE_EDGE'] as const)[pick(3)]!;
        if (claims.every((other) => compatible([other.path, other.mode], [path, mode]))) claims.push({ path, mode });
        else break;
      }
      if (claims.length === 0) continue;
      all.push(
        locks.hold(claims, async () => {
          const mine = claims.map(({ path, mode }): [string, LockMode] => [path, mode]);
          for (const claim of mine) for (const other of held) assert.ok(compatible(other, claim), `${other.join(' ')}, ${claim.join(' ')}`);
          held.push(...mine);
          for (let turns = pick(4); turns > 0; turns--) await Promise.resolve();
          for (const claim of mine) held.splice(held.indexOf(claim), 1);
        }),
      );
    }
    await Promise.all(all);
    assert.equal(locks.waiting, 0);
    assert.ok(locks.isFree(P('/'), 'WRITE_EDGE'));
  }
});

test('who holds and who waits is seen, with operation, user and since when', async () => {
  const clock = new SimClock();
  const locks = new PathLocks(clock, limits);
  const gate = new Gate();
  const started = clock.nowMs();
  const rename = { path: '/alluxio.grpc.file.FileSystemMasterClientService/Rename', caller: { user: 'alice' } };
  const claims = (['/a', '/b'] as const).map((path) => ({ path: P(path), mode: 'WRITE_EDGE' as const }));
  const first = locks.during(rename, () => locks.hold(claims, () => gate.passed));
  await clock.advance(10);
  const second = locks.hold([{ path: P('/a/f'), mode: 'READ' }], () => {}, { operation: 'loadMetadata', user: '' });
  assert.deepEqual(
    [...locks.list()],
    [
      { path: '/a', mode: 'WRITE_EDGE', operation: 'Rename', user: 'alice', held: true, sinceMs: started },
      { path: '/b', mode: 'WRITE_EDGE', operation: 'Rename', user: 'alice', held: true, sinceMs: started },
      { path: '/a/f', mode: 'READ', operation: 'loadMetadata', user: '', held: false, sinceMs: started + 10 },
    ],
  );
  gate.open();
  await Promise.all([first, second]);
  assert.deepEqual([...locks.list()], []);
});

test('a watch knows the children that somebody has held for writing since, and those that somebody holds', async () => {
  const locks = new PathLocks(new SimClock(), limits);
  const gate = new Gate();
  const before = locks.hold([{ path: P('/d/before'), mode: 'WRITE_EDGE' }], () => gate.passed);
  await locks.hold([{ path: P('/d/over'), mode: 'WRITE_EDGE' }], () => {});
  const watch = locks.watch(P('/d'));
  await locks.hold([{ path: P('/d/meanwhile'), mode: 'WRITE_EDGE' }], () => {});
  await locks.hold([{ path: P('/d/read'), mode: 'READ' }], () => {});
  await locks.hold([{ path: P('/d/read/below'), mode: 'WRITE_EDGE' }], () => {});
  const names = (): string[] => ['before', 'over', 'meanwhile', 'read'].filter((name) => watch.wasWritten(name));
  assert.deepEqual(names(), ['before', 'meanwhile']);
  gate.open();
  await before;
  assert.deepEqual(names(), ['before', 'meanwhile']);
  watch.close();
});

test('super users are told of locks, others are not', async () => {
  const w = new World();
  const gate = new Gate();
  w.store.before = (call) => (call.startsWith('makeDirectory') ? gate.passed : undefined);
  const calls = new Calls(w);
  const { createDirectory, remove } = methodsOf(fs.FileSystemMasterClientServiceDefinition);
  const made = calls.unary(createDirectory, { path: '/d', options: { writeType: fs.WritePType.THROUGH } });
  const removed = calls.unary(remove, { path: '/d', options: {} }, 'boss');
  await isSettled(removed);
  const { locks } = listLocks(w.c, {}, 'boss');
  assert.deepEqual(
    locks!.map(({ operation, user, mode, path, held }) => [operation, user, mode, path, held]),
    [
      ['CreateDirectory', 'root', 'WRITE_EDGE', '/d', true],
      ['Remove', 'boss', 'WRITE_EDGE', '/d', false],
    ],
  );
  assert.throws(() => listLocks(w.c, {}, 'bob'));
  gate.open();
  await Promise.all([made, removed]);
});
