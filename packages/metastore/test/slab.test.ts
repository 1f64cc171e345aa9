import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slab, UNIT_BITS, UNIT_MASK } from '@alluvium/metastore/packed/slab.js';
import { SeededRandom } from '@alluvium/testkit';

const pagesOf = (slab: Slab): number => slab.pages.filter((page) => page !== undefined).length;

function write(slab: Slab, address: number, value: number): void {
  slab.pages[address >>> UNIT_BITS]!.words.fill(value, 2 * (address & UNIT_MASK), 2 * (address & UNIT_MASK) + 4);
}

function oneOf(cells: ReadonlyMap<number, number>, after: number): readonly [number, number] {
  let left = after;
  for (const cell of cells) if (left-- === 0 || cells.size <= after) return cell;
  throw new Error('There are no cells');
}

test('cells do not overlap, and are used again when they were given back', () => {
  const random = new SeededRandom(5);
  const slab = new Slab();
  const cells = new Map<number, number>();
  let most = 0;
  for (let i = 1; i < 60_000; i++) {
    if (random.next() < (i % 20_000 < 10_000 ? 0.8 : 0.2)) {
      const bytes = random.next() < 0.01 ? 20_000 : 16 + Math.floor(random.next() * 100);
      const address = slab.allocate(bytes);
      assert.ok(address > 0 && !cells.has(address));
      write(slab, address, i);
      cells.set(address, i);
    } else if (cells.size > 0) {
      const [address, value] = oneOf(cells, Math.floor(random.next() * 10));
      assert.equal(slab.pages[address >>> UNIT_BITS]!.words[2 * (address & UNIT_MASK)], value);
      slab.free(address);
      cells.delete(address);
    }
    assert.equal(slab.size, cells.size);
    most = Math.max(most, pagesOf(slab));
  }
  for (const [address, value] of cells) assert.equal(slab.pages[address >>> UNIT_BITS]!.words[2 * (address & UNIT_MASK) + 3], value);
  for (const address of cells.keys()) slab.free(address);
  assert.equal(slab.size, 0);
  assert.ok(pagesOf(slab) < most / 3, 'pages without cells are given back');
});

test('what goes and comes again takes no more memory', () => {
  const slab = new Slab();
  const fill = (): number[] => Array.from({ length: 20_000 }, () => slab.allocate(72));
  let cells = fill();
  const pages = pagesOf(slab);
  for (let round = 0; round < 5; round++) {
    // Every other one, so that no page becomes empty.
    for (let i = 0; i < cells.length; i += 2) slab.free(cells[i]!);
    for (let i = 0; i < cells.length; i += 2) cells[i] = slab.allocate(72);
    assert.equal(pagesOf(slab), pages);
    for (const cell of cells) slab.free(cell);
    assert.ok(pagesOf(slab) <= 1);
    cells = fill();
  }
  assert.equal(pagesOf(slab), pages);
});
