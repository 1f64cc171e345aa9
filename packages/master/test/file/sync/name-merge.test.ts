import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameMerge } from '@alluvium/master/file/sync/name-merge.js';
import type { Inode } from '@alluvium/metastore';
import { SeededRandom } from '@alluvium/testkit';

function run(children: readonly string[], listed: readonly string[]): { missing: string[]; held: number } {
  const merge = new NameMerge(
    children
      .toSorted()
      .map((name) => ({ name }) as Inode)
      [Symbol.iterator](),
  );
  let held = 0;
  for (const name of listed) {
    while (merge.isBehind(name)) merge.step();
    merge.listed(name, children.includes(name));
    held = Math.max(held, merge.held);
  }
  while (merge.step());
  return { missing: [...merge.missing()].map(({ name }) => name), held };
}

test('children that the listing does not name are missing, in whatever order it comes', () => {
  const random = new SeededRandom(3);
  const names = ['a', 'a-b', 'a.c', 'b', 'é', '\u{1F600}', '\uFF5E', 'zz', 'c/'];
  for (let round = 0; round < 200; round++) {
    const children = names.filter(() => random.next() < 0.6);
    const listed = names.filter(() => random.next() < 0.6);
    for (let i = listed.length - 1; i > 0; i--) {
      const j = Math.floor(random.next() * (i + 1));
      [listed[i], listed[j]] = [listed[j]!, listed[i]!];
    }
    assert.deepEqual(run(children, listed).missing.toSorted(), children.filter((name) => !listed.includes(name)).toSorted());
  }
});

test('in the order of keys next to nothing is held', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `part-${i.toString().padStart(4, '0')}`);
  // A directory "part" comes after "part-..." in a store, and before it here.
  assert.deepEqual(run([...names, 'part'], [...names, 'part']), { missing: [], held: 1 });
});
