import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, read } from './source-tree.js';

/** The titles of all tests, as written in their source. */
function titles(): Set<string> {
  const out = new Set<string>();
  for (const file of filesBelow('packages', /\/test\/.*\.ts$/)) {
    for (const [, , title] of read(file).matchAll(/\b(?:test|it)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs))
      out.add(title!.replace(/\\(.)/g, '$1'));
  }
  return out;
}

test('every promise of docs/SEMANTICS.md has a test of the same title', () => {
  const known = titles();
  const headings = [...read('docs/SEMANTICS.md').matchAll(/^### (.+)$/gm)].map(([, heading]) => heading!.trim());
  assert.ok(headings.length > 0);
  assert.deepEqual(
    headings.filter((heading) => !known.has(heading)),
    [],
  );
});
