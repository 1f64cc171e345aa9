import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PARENT, ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import { ParentsFirst } from '@alluvium/master/backup/parents-first.js';
import { directoryFromEntry } from '@alluvium/master/file/inode-from-entry.js';
import type { DirectoryInode } from '@alluvium/metastore';
import fc from 'fast-check';

function directory(id: number, parent: number): DirectoryInode {
  return directoryFromEntry({ id: BigInt(id), parentId: id === 0 ? NO_PARENT : BigInt(parent), name: id === 0 ? '' : `d${id}` });
}

test('directories in any order are answered once, each after the one it is in', () => {
  const anyTree = fc.array(fc.nat(), { maxLength: 60 }).chain((parents) => {
    const all = [directory(0, -1), ...parents.map((parent, index) => directory(index + 1, parent % (index + 1)))];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });
  fc.assert(
    fc.property(anyTree, (given) => {
      const order = new ParentsFirst();
      const answered = new Set<InodeId>([NO_PARENT]);
      for (const each of given) {
        for (const next of order.take(each)) {
          assert.ok(answered.has(next.parentId), `${next.id} before ${next.parentId}`);
          assert.ok(!answered.has(next.id));
          assert.deepEqual(
            next,
            given.find(({ id }) => id === next.id),
          );
          answered.add(next.id);
        }
      }
      assert.equal(answered.size, given.length + 1);
      assert.equal(order.waiting, 0);
    }),
    { numRuns: 200 },
  );
});

test('nothing waits while directories come in the order in which they were made', () => {
  const order = new ParentsFirst();
  for (let id = Number(ROOT_INODE_ID); id < 100; id++) {
    assert.equal([...order.take(directory(id, id - 1))].length, 1);
    assert.equal(order.waiting, 0);
  }
});
