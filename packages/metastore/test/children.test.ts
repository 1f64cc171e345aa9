import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Children } from '@alluvium/metastore/children.js';
import { ownString } from '@alluvium/metastore';
import { SeededRandom } from '@alluvium/testkit';
import { aFile } from './contract/inodes.js';

/** What is in `children`, by every way of asking. */
function assertHolds(children: Children, wanted: readonly string[]): void {
  assert.equal(children.size, wanted.length);
  assert.deepEqual(
    [...children.after(undefined)].map((inode) => inode.name),
    wanted,
  );
  for (let i = 0; i < wanted.length; i += 97) {
    const name = wanted[i]!;
    assert.equal(children.get(name)?.name, name);
    assert.equal(children.after(name).next().value?.name, wanted[i + 1]);
    assert.equal(children.get(`${name}~`), undefined);
    assert.equal(children.after(`${name}\u0000`).next().value?.name, wanted[i + 1]);
  }
}

test('children stay in order through any growing and shrinking', () => {
  const random = new SeededRandom(3);
  const children = new Children();
  const model = new Set<string>();
  // Grows to several chunks, shrinks to few, and again.
  for (const growing of [0.8, 0.2, 0.7, 0]) {
    for (let i = 0; i < 8000; i++) {
      const name = `n${Math.floor(random.next() * 6000)}`;
      if (random.next() < growing) {
        children.set(aFile(1, 0, name));
        model.add(name);
      } else {
        children.delete(name);
        model.delete(name);
      }
    }
    assertHolds(children, [...model].sort());
  }
  for (const name of model) children.delete(name);
  assertHolds(children, []);
});

test('names that come in order, forwards and backwards', () => {
  const names = Array.from({ length: 3000 }, (_, i) => String(i).padStart(5, '0'));
  for (const order of [names, names.toReversed()]) {
    const children = new Children();
    for (const name of order) children.set(aFile(1, 0, name));
    assertHolds(children, names);
    for (const name of order.slice(0, 2500)) children.delete(name);
    assertHolds(children, order.slice(2500).toSorted());
  }
});

test('a copy of a string has the same characters, whatever they are', () => {
  const texts = ['', 'a', 'plain', 'h\u00fc', '\u{1F30A}', '\ud800 alone', 'x'.repeat(2000), '\u00fc'.repeat(400), '\u{1F30A}'.repeat(200)];
  for (const text of texts) assert.equal(ownString(text), text);
});
