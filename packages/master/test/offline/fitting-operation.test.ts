import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateHash, type JournalEntry } from '@alluvium/journal';
import { OfflineState } from '@alluvium/master';
import { SeededRandom } from '@alluvium/testkit';

const root: JournalEntry = { inodeDirectory: { id: 0n, parentId: -1n, name: '', mode: 0o755 } };
const directory = (id: bigint, parentId: bigint, name: string): JournalEntry => ({ inodeDirectory: { id, parentId, name } });
const file = (id: bigint, parentId: bigint, name: string): JournalEntry => ({ inodeFile: { id, parentId, name } });
const rename = (id: bigint, newParentId: bigint, newName: string): JournalEntry => ({ rename: { id, newParentId, newName, opTimeMs: 9n } });
const remove = (id: bigint, recursive = false): JournalEntry => ({ deleteFile: { id, recursive, opTimeMs: 9n } });

interface Known {
  parentId: bigint;
  name: string;
  readonly directory: boolean;
}

/** A history of operations each of which is possible after those before. */
class RandomHistory {
  readonly operations: JournalEntry[][] = [[root]];
  readonly #random: SeededRandom;
  readonly #known = new Map<bigint, Known>();
  readonly #mounts: string[] = [];
  #nextId = 1n;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#known.set(0n, { parentId: -1n, name: '', directory: true });
  }

  step(): void {
    const kind = Math.floor(this.#random.next() * 8);
    if (kind < 3) this.#make(kind === 0);
    else if (kind === 3) this.#rename();
    else if (kind === 4) this.#remove();
    else if (kind === 5) this.#change();
    else if (kind === 6) this.#overwrite();
    else this.#mount();
  }

  #pick(ids: readonly bigint[]): bigint | undefined {
    return ids[Math.floor(this.#random.next() * ids.length)];
  }

  #ids(directory: boolean): bigint[] {
    return [...this.#known].filter(([id, known]) => known.directory === directory && id !== 0n).map(([id]) => id);
  }

  #freeName(parent: bigint): string | undefined {
    const name = `n${Math.floor(this.#random.next() * 4)}`;
    return [...this.#known.values()].some((known) => known.parentId === parent && known.name === name) ? undefined : name;
  }

  #below(id: bigint): bigint[] {
    const children = [...this.#known].filter(([, known]) => known.parentId === id).map(([child]) => child);
    return children.flatMap((child) => [child, ...this.#below(child)]);
  }

  #make(isDirectory: boolean): void {
    const parentId = this.#pick([0n, ...this.#ids(true)])!;
    const name = this.#freeName(parentId);
    if (name === undefined) return;
    const id = this.#nextId++;
    this.#known.set(id, { parentId, name, directory: isDirectory });
    this.operations.push([isDirectory ? directory(id, parentId, name) : file(id, parentId, name)]);
  }

  #rename(): void {
    const id = this.#pick([...this.#ids(true), ...this.#ids(false)]);
    const parentId = this.#pick([0n, ...this.#ids(true)])!;
    if (id === undefined || id === parentId || this.#below(id).includes(parentId)) return;
    const name = this.#freeName(parentId);
    if (name === undefined) return;
    Object.assign(this.#known.get(id)!, { parentId, name });
    this.operations.push([rename(id, parentId, name)]);
  }

  #remove(): void {
    const id = this.#pick([...this.#ids(true), ...this.#ids(false)]);
    if (id === undefined) return;
    const below = this.#below(id);
    const children = below.toReversed().map((child) => remove(child));
    const asOne = this.#random.next() < 0.5;
    this.operations.push(asOne ? [remove(id, true)] : [...children, remove(id)]);
    for (const gone of [id, ...below]) this.#known.delete(gone);
  }

  #change(): void {
    const id = this.#pick(this.#ids(false));
    const parent = this.#pick([0n, ...this.#ids(true)])!;
    this.operations.push([{ updateInode: { id: parent, lastModificationTimeMs: 5n } }, { updateInodeDirectory: { id: parent } }]);
    if (id !== undefined) this.operations.push([{ newBlock: { id } }, { updateInodeFile: { id, length: 0n } }]);
    if (id !== undefined) this.operations.push([{ setAcl: { id, entries: [] } }]);
  }

  /** The old file goes and another one takes its name, in one operation. */
  #overwrite(): void {
    const old = this.#pick(this.#ids(false));
    if (old === undefined) return;
    const known = this.#known.get(old)!;
    const id = this.#nextId++;
    this.#known.delete(old);
    this.#known.set(id, { ...known });
    this.operations.push([remove(old), file(id, known.parentId, known.name)]);
  }

  #mount(): void {
    if (this.#mounts.length > 2) {
      this.operations.push([{ deleteMountPoint: { alluxioPath: this.#mounts.shift()! } }]);
      return;
    }
    const name = this.#freeName(0n);
    if (name === undefined) return;
    const id = this.#nextId++;
    if (this.#mounts.includes(`/${name}`)) return;
    this.#known.set(id, { parentId: 0n, name, directory: true });
    this.#mounts.push(`/${name}`);
    this.operations.push([directory(id, 0n, name), { addMountPoint: { alluxioPath: `/${name}`, mountId: id, ufsPath: `/store/${id}` } }]);
  }
}

test('a history with any operations missing comes to a namespace that holds together and starts again', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const history = new RandomHistory(seed);
    for (let i = 0; i < 60; i++) history.step();
    const missing = new SeededRandom(seed + 1000);
    const state = new OfflineState();
    for (const [index, entries] of history.operations.entries())
      if (index === 0 || missing.next() > 0.15) state.applyFitting(entries, index + 1);
    const wrong = [...state.problems()].filter((line) => !line.includes('a store is mounted there'));
    assert.deepEqual(wrong, [], `seed ${seed}`);
    const again = new OfflineState();
    for (let next = state.snapshot(), at = next.next(); at.done !== true; at = next.next()) again.apply(at.value);
    assert.equal(stateHash(again.snapshot()), stateHash(state.snapshot()), `seed ${seed}`);
  }
});

test('a history without holes is applied as it is', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const history = new RandomHistory(seed);
    for (let i = 0; i < 60; i++) history.step();
    const [plain, fitted] = [new OfflineState(), new OfflineState()];
    for (const [index, entries] of history.operations.entries()) {
      for (const entry of entries) plain.apply(entry, index + 1);
      assert.deepEqual(fitted.applyFitting(entries, index + 1), { entries, reason: undefined, setAside: [] });
    }
    assert.equal(stateHash(fitted.snapshot()), stateHash(plain.snapshot()));
  }
});

test('an operation that speaks of what is not there is left out as a whole', () => {
  const state = new OfflineState();
  state.apply(root);
  const before = stateHash(state.snapshot());
  const reasons = [
    [file(2n, 0n, 'a'), { newBlock: { id: 9n } }],
    [file(2n, 7n, 'a')],
    [{ updateInode: { id: 9n, mode: 0 } }],
    [rename(9n, 0n, 'b')],
    [remove(9n)],
    [remove(0n, true)],
    [{ deleteMountPoint: { alluxioPath: '/m' } }],
    [directory(3n, 0n, 'd'), file(4n, 3n, 'x'), remove(3n)],
    [directory(3n, 0n, 'd'), directory(4n, 3n, 'e'), rename(3n, 4n, 'd')],
  ].map((entries) => state.applyFitting(entries as JournalEntry[], 2).reason);
  assert.deepEqual(reasons, [
    'inode 9 does not exist',
    'its directory, inode 7, does not exist',
    'inode 9 does not exist',
    'inode 9 does not exist',
    'inode 9 does not exist',
    'the root cannot be removed',
    'nothing is mounted at /m',
    'directory 3 still has 1 children',
    'directory 3 would come below itself',
  ]);
  assert.equal(stateHash(state.snapshot()), before);
  // What keeps the id of an operation may speak of an inode that is gone.
  assert.equal(state.applyFitting([{ updateInode: { id: 9n } }], 3).reason, undefined);
});

test('what has a name that somebody else gets is kept under another one', () => {
  const state = new OfflineState();
  for (const entry of [root, directory(1n, 0n, 'd'), file(2n, 1n, 'a')]) state.apply(entry);
  const { setAside, reason } = state.applyFitting([file(3n, 1n, 'a')], 2);
  assert.equal(reason, undefined);
  assert.deepEqual(setAside, ['/d/a (inode 2) is now a.salvaged-2']);
  assert.deepEqual([...state.problems()], []);
  assert.equal(state.figures().inodes, 4);
});
