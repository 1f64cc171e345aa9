import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { SeededRandom } from '@alluvium/testkit';
import { BlockTable } from '@alluvium/worker/store/block-table.js';
import { SlotHeap } from '@alluvium/worker/store/slot-heap.js';
import { allPages } from '@alluvium/worker/store/pages.js';

const made = (id: bigint) => ({
  id: id as BlockId,
  length: 5,
  generation: id * 3n,
  pages: allPages(Uint32Array.of(7)),
  pinned: false,
  announced: true,
  committedMs: 0,
});

test('the block table finds what was put in and not taken out, whatever the ids', () => {
  for (const idOf of [(n: number) => BigInt(n), (n: number) => BigInt(n) << 24n, (n: number) => (BigInt(n) << 40n) | 5n]) {
    const random = new SeededRandom(7);
    const table = new BlockTable();
    const expected = new Map<bigint, number>();
    for (let step = 0; step < 60_000; step++) {
      const id = idOf(random.below(9000));
      const slot = table.find(id as BlockId);
      assert.equal(slot, expected.get(id) ?? -1);
      if (slot < 0) {
        const added = table.insert(made(id), 0);
        assert.equal(table.chunk(added).generations[added & 4095], id * 3n);
        expected.set(id, added);
      } else if (random.chance(0.6)) {
        table.erase(slot);
        expected.delete(id);
      }
    }
    assert.equal(table.size, expected.size);
    assert.ok(table.end < 9100, 'slots are used again');
  }
});

test('a heap of slots gives the lowest key first after any mix of changes', () => {
  const random = new SeededRandom(3);
  const table = new BlockTable();
  const heap = new SlotHeap(table);
  const inside = new Set<number>();
  for (let n = 0; n < 300; n++) table.insert(made(BigInt(n)), 0);
  for (let step = 0; step < 20_000; step++) {
    const slot = random.below(300);
    if (!inside.has(slot)) {
      table.setKey(slot, random.next());
      heap.add(slot);
      inside.add(slot);
    } else if (random.chance(0.5)) {
      table.setKey(slot, random.next());
      heap.rekeyed(slot);
    } else {
      heap.remove(slot);
      inside.delete(slot);
    }
    if (inside.size > 0) assert.equal(table.keyOf(heap.first), Math.min(...[...inside].map((each) => table.keyOf(each))));
    assert.equal(heap.size, inside.size);
  }
});
