// What every inode store must do. A store runs it with a function that makes an empty one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_INODE_ID } from '@alluvium/base';
import type { Inode, InodeStore } from '@alluvium/metastore';
import fc from 'fast-check';
import { anyInode, anyName, withOwnBlocks } from './any-inode.js';
import { aDirectory, aFile, aRoot, inodeId, restOf } from './inodes.js';
import { check, InodeModel, type InodeStep, steps } from './inode-model.js';

const names = (inodes: Iterable<Inode>): string[] => [...inodes].map((inode) => inode.name);
const all = (snapshot: Iterator<Inode>): Inode[] => [...restOf(snapshot)].sort((a, b) => (a.id < b.id ? -1 : 1));

function* firstOf<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  if (left > 0)
    for (const item of items) {
      yield item;
      if (--left === 0) return;
    }
}

export function inodeStoreContract(what: string, make: () => InodeStore, programs = 300): void {
  const withRoot = (...inodes: Inode[]): InodeStore => {
    const store = make();
    for (const inode of [aRoot, ...inodes]) store.put(inode);
    return store;
  };

  test(`${what}: an empty store knows nothing`, () => {
    const store = make();
    assert.equal(store.size, 0);
    assert.equal(store.get(ROOT_INODE_ID), undefined);
    assert.equal(store.child(ROOT_INODE_ID, 'a'), undefined);
    assert.equal(store.childCount(ROOT_INODE_ID), 0);
    assert.deepEqual([...store.children(ROOT_INODE_ID)], []);
    assert.deepEqual(all(store.snapshot()), []);
    store.remove(inodeId(7));
    store.clear();
    assert.equal(store.size, 0);
  });

  test(`${what}: an inode comes back with every field`, () => {
    const big = 2n ** 62n + 12345n;
    const file = aFile(big, 0, 'ü 🌊', {
      length: 2 ** 52,
      completed: true,
      blocks: [1n, 2n ** 62n].map((id) => id as FileBlock),
      pinned: true,
      pinnedMedia: ['MEM', 'SSD'],
      ttlMs: 5000,
      ttlAction: 'FREE',
      persistence: 'TO_BE_PERSISTED',
      persistJobId: 2n ** 60n,
      tempUfsPath: '/tmp/x',
      fingerprint: 'TYPE|FILE',
      acl: { users: new Map([['eve', 5]]), groups: new Map([['ops', 7]]), mask: 7 },
      xattr: new Map([['k', Uint8Array.of(0, 255)]]),
    });
    const directory = aDirectory(9, 0, 'd', {
      mountPoint: true,
      childrenLoaded: true,
      defaultAcl: { mode: 0o750, users: new Map(), groups: new Map(), mask: undefined },
    });
    const store = withRoot(file, directory);
    assert.deepEqual(store.get(inodeId(big)), file);
    assert.deepEqual(store.child(ROOT_INODE_ID, 'ü 🌊'), file);
    assert.deepEqual(store.get(inodeId(9)), directory);
    assert.equal(store.size, 3);
  });

  test(`${what}: any inodes come back as they were put, also in the place of others`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyInode, fc.nat(3), fc.nat(5)), { maxLength: 12 }), (puts) => {
        const store = make();
        const model = new InodeModel();
        for (const [any, parent, id] of puts) {
          const moved = { ...any, id: inodeId((BigInt(id) << 40n) | 0xffffffn), parentId: inodeId(parent - 1) };
          const inode = moved.kind === 'file' && any.kind === 'file' && any.blocks[0] === 0n ? withOwnBlocks(moved) : moved;
          if (model.childrenOf(inode.parentId).some((other) => other.name === inode.name && other.id !== inode.id)) continue;
          store.put(inode);
          model.inodes.set(inode.id, inode);
          model.compare(store);
        }
      }),
      { numRuns: programs / 3 },
    );
  });

  test(`${what}: nothing is too large`, () => {
    const name = 'ab\u{1F30A}'.repeat(5000);
    const huge = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 7);
    const plain = aFile((7n << 24n) | 0xffffffn, 0, 'f');
    const blocks = Array.from({ length: 70_000 }, (_, i) => ((7n << 24n) | BigInt(i)) as FileBlock);
    const inodes: Inode[] = [
      plain,
      { ...plain, xattr: new Map([['x'.repeat(70_000), huge]]) },
      { ...plain, name, blocks: blocks.slice(0, 65_535) },
      { ...plain, name: `${name}!`, blocks },
      { ...plain, fingerprint: `|${'\u4e2d'.repeat(40_000)}`, tempUfsPath: 'y'.repeat(100_000) },
    ];
    const store = withRoot(aFile(1, 0, `${name}+`));
    for (const inode of [...inodes, ...inodes.toReversed()]) {
      store.put(inode);
      assert.deepEqual(store.get(plain.id), inode);
      assert.deepEqual(store.child(ROOT_INODE_ID, inode.name), inode);
      assert.deepEqual(names(store.children(ROOT_INODE_ID)), [`${name}+`, inode.name].sort());
    }
    store.remove(plain.id);
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), [`${name}+`]);
  });

  test(`${what}: children of any names are in order, and each is found`, () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 40 }), (some) => {
        const store = make();
        for (const [i, name] of some.entries()) store.put(aFile(i + 1, 0, name));
        assert.deepEqual(names(store.children(ROOT_INODE_ID)), some.toSorted());
        for (const [i, name] of some.entries()) assert.equal(store.child(ROOT_INODE_ID, name)?.id, BigInt(i + 1));
        for (const name of some) assert.deepEqual(names(store.children(ROOT_INODE_ID, name)), some.filter((other) => other > name).sort());
      }),
      { numRuns: programs / 6 },
    );
  });

  test(`${what}: a namespace that grows and goes again, twice, is what it should be`, () => {
    const store = withRoot();
    const count = 5_000;
    const parentOf = (i: number): number => (i % 3 === 0 ? 0 : 1 + (i % 700));
    for (const round of [1, 2]) {
      for (let i = 0; i < count; i++)
        store.put(aFile(100_000 + i * round, parentOf(i), `n${i}`, { length: round, fingerprint: 'z'.repeat(i % 90) }));
      for (let i = 0; i < count; i += 7) assert.equal(store.child(inodeId(parentOf(i)), `n${i}`)?.id, BigInt(100_000 + i * round));
      // Two thirds go at random, the rest in order.
      for (let i = 0; i < count; i++) if (i % 3 > 0) store.remove(inodeId(100_000 + ((i * 7919) % count) * round));
      const left = Array.from({ length: count }, (_, i) => 100_000 + i * round).filter((id) => store.get(inodeId(id)) !== undefined);
      assert.equal(store.size, left.length + 1);
      assert.deepEqual(
        all(store.snapshot()).map(({ id }) => id),
        [ROOT_INODE_ID, ...left.map(inodeId)],
      );
      for (const id of left) store.remove(inodeId(id));
      assert.equal(store.size, 1);
    }
    assert.deepEqual(all(store.snapshot()), [aRoot]);
  });

  test(`${what}: the root is no child of itself`, () => {
    const store = withRoot();
    assert.equal(store.childCount(ROOT_INODE_ID), 0);
    assert.equal(store.child(ROOT_INODE_ID, ''), undefined);
    assert.deepEqual([...store.children(ROOT_INODE_ID)], []);
  });

  test(`${what}: children are in the order of UTF-16 code units`, () => {
    // A surrogate pair sorts before U+FF5E by code unit and after it by code point and by UTF-8 byte.
    const wanted = ['A', 'Z', 'a', 'a b', 'a!', 'aa', 'b', 'é', '\u{1F30A}', '\uFF5E'].sort();
    assert.ok(wanted.indexOf('\u{1F30A}') < wanted.indexOf('\uFF5E'));
    const store = withRoot(...wanted.toReversed().map((name, i) => aFile(10 + i, 0, name)));
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), wanted);
    for (const [i, name] of wanted.entries()) assert.deepEqual(names(store.children(ROOT_INODE_ID, name)), wanted.slice(i + 1));
  });

  test(`${what}: a listing goes on after a name that is not there`, () => {
    const store = withRoot(aFile(1, 0, 'b'), aFile(2, 0, 'd'));
    assert.deepEqual(names(store.children(ROOT_INODE_ID, '')), ['b', 'd']);
    assert.deepEqual(names(store.children(ROOT_INODE_ID, 'a')), ['b', 'd']);
    assert.deepEqual(names(store.children(ROOT_INODE_ID, 'c')), ['d']);
    assert.deepEqual(names(store.children(ROOT_INODE_ID, 'e')), []);
  });

  test(`${what}: equal names live in different directories`, () => {
    const store = withRoot(aDirectory(1, 0, 'x'), aDirectory(2, 0, 'y'), aFile(3, 1, 'same'), aFile(4, 2, 'same'));
    assert.equal(store.child(inodeId(1), 'same')?.id, 3n);
    assert.equal(store.child(inodeId(2), 'same')?.id, 4n);
    store.remove(inodeId(3));
    assert.equal(store.child(inodeId(1), 'same'), undefined);
    assert.equal(store.child(inodeId(2), 'same')?.id, 4n);
  });

  test(`${what}: a put of a known id replaces it`, () => {
    const store = withRoot(aFile(1, 0, 'a'), aFile(2, 0, 'b'));
    store.put(aFile(1, 0, 'a', { length: 5, completed: true }));
    assert.equal(store.size, 3);
    assert.equal(store.childCount(ROOT_INODE_ID), 2);
    const child = store.child(ROOT_INODE_ID, 'a');
    assert.ok(child?.kind === 'file' && child.length === 5);
    assert.deepEqual(store.get(inodeId(1)), child);
  });

  test(`${what}: a renamed inode is found under its new name only`, () => {
    const store = withRoot(aDirectory(1, 0, 'a'), aFile(2, 1, 'f'));
    store.put(aDirectory(1, 0, 'z'));
    assert.equal(store.child(ROOT_INODE_ID, 'a'), undefined);
    assert.equal(store.child(ROOT_INODE_ID, 'z')?.id, 1n);
    assert.equal(store.child(inodeId(1), 'f')?.id, 2n, 'its children stay with it');
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), ['z']);
    assert.equal(store.childCount(ROOT_INODE_ID), 1);
  });

  test(`${what}: an inode moves between directories, and another takes its place`, () => {
    const store = withRoot(aDirectory(1, 0, 'from'), aDirectory(2, 0, 'to'), aFile(3, 1, 'f'));
    store.put(aFile(3, 2, 'g'));
    assert.equal(store.childCount(inodeId(1)), 0);
    assert.deepEqual(names(store.children(inodeId(2))), ['g']);
    store.put(aFile(4, 1, 'f'));
    assert.equal(store.child(inodeId(1), 'f')?.id, 4n);
    store.put(aFile(3, 1, 'h'));
    assert.deepEqual(names(store.children(inodeId(1))), ['f', 'h']);
    assert.equal(store.childCount(inodeId(2)), 0);
  });

  test(`${what}: two names change places by way of a third`, () => {
    const store = withRoot(aFile(1, 0, 'a'), aFile(2, 0, 'b'));
    store.put(aFile(1, 0, 't'));
    store.put(aFile(2, 0, 'a'));
    store.put(aFile(1, 0, 'b'));
    assert.equal(store.child(ROOT_INODE_ID, 'a')?.id, 2n);
    assert.equal(store.child(ROOT_INODE_ID, 'b')?.id, 1n);
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), ['a', 'b']);
  });

  test(`${what}: a child may come before its parent`, () => {
    const store = make();
    store.put(aFile(3, 2, 'f'));
    store.put(aDirectory(2, 0, 'd'));
    store.put(aRoot);
    assert.equal(store.child(inodeId(2), 'f')?.id, 3n);
    assert.equal(store.child(ROOT_INODE_ID, 'd')?.id, 2n);
    assert.equal(store.size, 3);
  });

  test(`${what}: what is removed is gone, and removing it again does nothing`, () => {
    const store = withRoot(aFile(1, 0, 'a'), aFile(2, 0, 'b'));
    store.remove(inodeId(1));
    store.remove(inodeId(1));
    assert.equal(store.size, 2);
    assert.equal(store.get(inodeId(1)), undefined);
    assert.equal(store.child(ROOT_INODE_ID, 'a'), undefined);
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), ['b']);
    store.put(aFile(5, 0, 'a'));
    assert.equal(store.child(ROOT_INODE_ID, 'a')?.id, 5n);
  });

  test(`${what}: nothing is left after clear`, () => {
    const store = withRoot(aDirectory(1, 0, 'd'), aFile(2, 1, 'f'));
    store.clear();
    assert.equal(store.size, 0);
    assert.equal(store.get(inodeId(2)), undefined);
    assert.equal(store.childCount(inodeId(1)), 0);
    assert.deepEqual(all(store.snapshot()), []);
    store.put(aFile(2, 1, 'g'));
    assert.deepEqual(names(store.children(inodeId(1))), ['g']);
  });

  test(`${what}: a large directory is listed in order, page by page`, () => {
    const store = withRoot();
    const count = 20_000;
    const name = (i: number): string => `file-${String((i * 7919) % count).padStart(6, '0')}`;
    for (let i = 0; i < count; i++) store.put(aFile(1 + i, 0, name(i)));
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = names(firstOf(store.children(ROOT_INODE_ID, after), 997));
      seen.push(...page);
      if (page.length < 997) break;
      after = page.at(-1);
    }
    assert.equal(store.childCount(ROOT_INODE_ID), count);
    assert.deepEqual(seen, [...new Set(seen)].sort());
    assert.equal(seen.length, count);
    for (let i = 0; i < count; i++) store.remove(inodeId(1 + i));
    assert.equal(store.childCount(ROOT_INODE_ID), 0);
    assert.deepEqual(names(store.children(ROOT_INODE_ID)), []);
  });

  test(`${what}: a listing survives changes and shows each child that stays exactly once`, () => {
    const stays = Array.from({ length: 50 }, (_, i) => `s${String(i).padStart(2, '0')}`);
    const store = withRoot(...stays.map((name, i) => aFile(100 + i, 0, name)), aFile(1, 0, 's10-goes'), aFile(2, 0, 's40-goes'));
    const seen: string[] = [];
    let step = 0;
    for (const { name } of store.children(ROOT_INODE_ID)) {
      seen.push(name);
      step++;
      if (step === 5) store.remove(inodeId(2));
      if (step === 6) store.put(aFile(3, 0, 'a-before'));
      if (step === 7) store.put(aFile(4, 0, 's45-comes'));
      if (step === 20) store.remove(inodeId(1));
      if (step === 21) store.put(aFile(130, 0, 's30', { length: 1 }));
      if (step === 25) store.put(aFile(3, 0, 'z-moved'));
    }
    assert.deepEqual(
      seen.filter((name) => stays.includes(name)),
      stays,
    );
    assert.deepEqual(seen, [...new Set(seen)].sort(), 'in order, nothing twice');
    assert.ok(!seen.includes('s40-goes'), 'what was gone before its turn is not shown');
  });

  test(`${what}: a large directory is listed while names come and go`, () => {
    const count = 20_000;
    const name = (i: number): string => String(i).padStart(6, '0');
    const store = withRoot();
    // Thirds stay, go and come.
    for (let i = 0; i < count; i++) if (i % 3 !== 2) store.put(aFile(1 + i, 0, name(i)));
    const stays = Array.from({ length: count }, (_, i) => i).filter((i) => i % 3 === 0);
    const seen: string[] = [];
    for (const inode of store.children(ROOT_INODE_ID)) {
      seen.push(inode.name);
      const far = (Number(inode.name) * 7919) % count;
      if (far % 3 === 1) store.remove(inodeId(1 + far));
      if (far % 3 === 2) store.put(aFile(1 + far, 0, name(far)));
      if (far % 3 === 0) store.put(aFile(1 + far, 0, name(far), { length: 1 }));
    }
    assert.deepEqual(
      seen.filter((at) => Number(at) % 3 === 0),
      stays.map(name),
    );
    assert.deepEqual(seen, [...new Set(seen)].sort(), 'in order, nothing twice');
    assert.equal(names(store.children(ROOT_INODE_ID)).length, store.childCount(ROOT_INODE_ID));
  });

  test(`${what}: the children of a large directory are removed as they are listed, and the listing goes on`, () => {
    const count = 10_000;
    const store = withRoot();
    for (let i = 0; i < count; i++) store.put(aFile(1 + i, 0, `${i}`));
    let removed = 0;
    for (const { id } of store.children(ROOT_INODE_ID)) {
      store.remove(id);
      removed++;
    }
    assert.equal(removed, count);
    assert.equal(store.size, 1);
    assert.equal(store.childCount(ROOT_INODE_ID), 0);
  });

  test(`${what}: a listing that has ended stays so`, () => {
    const store = withRoot(aFile(1, 0, 'a'));
    const listing = store.children(ROOT_INODE_ID);
    assert.deepEqual(names(listing), ['a']);
    store.put(aFile(2, 0, 'b'));
    assert.equal(listing.next().done, true);
  });

  test(`${what}: a listing of a directory that loses all children ends`, () => {
    const store = withRoot(aDirectory(1, 0, 'd'), aFile(2, 1, 'a'), aFile(3, 1, 'b'));
    const listing = store.children(inodeId(1));
    assert.equal(listing.next().value?.name, 'a');
    store.remove(inodeId(2));
    store.remove(inodeId(3));
    assert.equal(listing.next().done, true);
  });

  test(`${what}: a snapshot shows the moment it was taken, whatever happens meanwhile`, () => {
    const before = [aRoot, aDirectory(1, 0, 'd'), ...Array.from({ length: 20 }, (_, i) => aFile(10 + i, 1, `f${i}`))];
    const store = make();
    for (const inode of before) store.put(inode);
    const snapshot = store.snapshot();
    const taken: Inode[] = [];
    for (let i = 0; i < 5; i++) taken.push(snapshot.next().value as Inode);
    for (let i = 0; i < 20; i += 2) store.remove(inodeId(10 + i));
    for (let i = 1; i < 20; i += 4) store.put(aFile(10 + i, 0, `moved${i}`, { length: i }));
    // Gone and back under the same id.
    store.put(aFile(10, 1, 'f0', { length: 99 }));
    store.put(aFile(500, 1, 'new'));
    const later = store.snapshot();
    taken.push(...restOf(snapshot));
    assert.deepEqual(
      taken.sort((a, b) => (a.id < b.id ? -1 : 1)),
      before,
    );
    const now = all(later);
    assert.equal(now.length, store.size);
    for (const inode of now) assert.deepEqual(inode, store.get(inode.id));
  });

  test(`${what}: a snapshot that is given up or finished no longer answers`, () => {
    const store = withRoot(aFile(1, 0, 'a'));
    const given = store.snapshot();
    given.next();
    given.return?.();
    store.put(aFile(1, 0, 'b'));
    assert.equal(given.next().done, true);
    const finished = store.snapshot();
    assert.equal(all(finished).length, 2);
    store.put(aFile(2, 0, 'c'));
    assert.equal(finished.next().done, true);
  });

  test(`${what}: a snapshot whose store was cleared fails instead of ending early`, () => {
    const store = withRoot(aFile(1, 0, 'a'));
    const snapshot = store.snapshot();
    snapshot.next();
    store.clear();
    assert.throws(() => snapshot.next(), { kind: 'aborted' });
  });

  test(`${what}: any program of changes, listings and snapshots agrees with a plain model`, () => {
    fc.assert(
      fc.property(steps, (program: InodeStep[]) => {
        const store = make();
        const model = new InodeModel();
        for (const step of program) check(store, model, step);
        model.finish(store);
      }),
      { numRuns: programs },
    );
  });
}

type FileBlock = Extract<Inode, { kind: 'file' }>['blocks'][number];
