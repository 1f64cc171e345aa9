// The plainest inode store, and programs to compare a real one with.
import assert from 'node:assert/strict';
import type { InodeId } from '@alluvium/base';
import type { Inode, InodeStore } from '@alluvium/metastore';
import fc from 'fast-check';
import { aDirectory, aFile, inodeId, restOf } from './inodes.js';

const NAMES = ['a', 'b', 'c', 'dd', '\u{1F30A}', '\uFF5E'];

export type InodeStep =
  | { readonly do: 'put'; readonly id: number; readonly parent: number; readonly name: string; readonly look: number }
  | { readonly do: 'remove'; readonly id: number }
  | { readonly do: 'list'; readonly parent: number; readonly after: string | undefined }
  | { readonly do: 'open' }
  | { readonly do: 'take'; readonly snapshot: number; readonly count: number }
  | { readonly do: 'give up'; readonly snapshot: number };

const id = fc.integer({ min: 1, max: 12 });
const parent = fc.integer({ min: 100, max: 102 });
const put = fc.record({ do: fc.constant('put' as const), id, parent, name: fc.constantFrom(...NAMES), look: fc.nat(11) });
const remove = fc.record({ do: fc.constant('remove' as const), id });
const list = fc.record({
  do: fc.constant('list' as const),
  parent,
  after: fc.option(fc.constantFrom('', 'bb', ...NAMES), { nil: undefined }),
});
const open = fc.record({ do: fc.constant('open' as const) });
const take = fc.record({ do: fc.constant('take' as const), snapshot: fc.nat(3), count: fc.integer({ min: 1, max: 4 }) });
const giveUp = fc.record({ do: fc.constant('give up' as const), snapshot: fc.nat(3) });

export const steps: fc.Arbitrary<InodeStep[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: put },
    { weight: 3, arbitrary: remove },
    { weight: 2, arbitrary: list },
    { weight: 1, arbitrary: open },
    { weight: 2, arbitrary: take },
    { weight: 1, arbitrary: giveUp },
  ),
  { maxLength: 60, size: 'max' },
);

/** Of one kind or the other, and of several sizes. */
function anInode(number: number, parentNumber: number, name: string, look: number): Inode {
  const over = { mode: look, fingerprint: 'f'.repeat(11 * look), modificationTimeMs: look };
  return look % 4 === 0 ? aDirectory(number, parentNumber, name, over) : aFile(number, parentNumber, name, { ...over, length: look });
}

interface OpenSnapshot {
  readonly iterator: Iterator<Inode>;
  readonly wanted: Map<InodeId, Inode>;
}

export class InodeModel {
  readonly inodes = new Map<InodeId, Inode>();
  readonly snapshots: OpenSnapshot[] = [];

  childrenOf(parentId: InodeId): Inode[] {
    return [...this.inodes.values()].filter((inode) => inode.parentId === parentId).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Everything that is still to be answered, and the whole state. */
  finish(store: InodeStore): void {
    for (const { iterator, wanted } of this.snapshots) {
      for (const inode of restOf(iterator)) takeOne(wanted, inode);
      assert.equal(wanted.size, 0, 'a snapshot left something out');
    }
    this.compare(store);
  }

  /** The whole state, by every way of asking. */
  compare(store: InodeStore): void {
    assert.equal(store.size, this.inodes.size);
    for (const [key, inode] of this.inodes) {
      assert.deepEqual(store.get(key), inode);
      assert.deepEqual(store.child(inode.parentId, inode.name), inode);
    }
    for (const parentId of new Set([...this.inodes.values()].map((inode) => inode.parentId)))
      assert.deepEqual([...store.children(parentId)], this.childrenOf(parentId));
    const snapshot = new Map([...restOf(store.snapshot())].map((inode) => [inode.id, inode]));
    assert.deepEqual(snapshot, this.inodes);
  }
}

/** Does one step on both and compares. */
export function check(store: InodeStore, model: InodeModel, step: InodeStep): void {
  switch (step.do) {
    case 'put': {
      const inode = anInode(step.id, step.parent, step.name, step.look);
      const there = model.childrenOf(inode.parentId).find((other) => other.name === inode.name);
      // Callers check that an edge is free.
      if (there !== undefined && there.id !== inode.id) return;
      model.inodes.set(inode.id, inode);
      store.put(inode);
      break;
    }
    case 'remove':
      model.inodes.delete(inodeId(step.id));
      store.remove(inodeId(step.id));
      break;
    case 'list':
      compareListing(store, model, inodeId(step.parent), step.after);
      break;
    case 'open':
      if (model.snapshots.length < 4) model.snapshots.push({ iterator: store.snapshot(), wanted: new Map(model.inodes) });
      break;
    case 'take': {
      const snapshot = model.snapshots[step.snapshot];
      if (snapshot === undefined) break;
      for (let i = 0; i < step.count; i++) {
        const next = snapshot.iterator.next();
        if (next.done === true) assert.equal(snapshot.wanted.size, 0, 'a snapshot left something out');
        else takeOne(snapshot.wanted, next.value);
      }
      break;
    }
    case 'give up':
      model.snapshots.splice(step.snapshot, 1)[0]?.iterator.return?.();
      break;
  }
  assert.equal(store.size, model.inodes.size);
}

function takeOne(wanted: Map<InodeId, Inode>, inode: Inode): void {
  assert.deepEqual(inode, wanted.get(inode.id), 'a snapshot shows another moment, or something twice');
  wanted.delete(inode.id);
}

function compareListing(store: InodeStore, model: InodeModel, parentId: InodeId, after: string | undefined): void {
  const children = model.childrenOf(parentId);
  assert.equal(store.childCount(parentId), children.length);
  assert.deepEqual(
    [...store.children(parentId, after)],
    children.filter((inode) => after === undefined || inode.name > after),
  );
  for (const name of NAMES) assert.equal(store.child(parentId, name)?.id, children.find((inode) => inode.name === name)?.id);
}
