import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownString } from '@alluvium/metastore';

test('a copy of a string has the same characters, whatever they are', () => {
  const texts = ['', 'a', 'plain', 'h\u00fc', '\u{1F30A}', '\ud800 alone', 'x'.repeat(2000), '\u00fc'.repeat(400), '\u{1F30A}'.repeat(200)];
  for (const text of texts) assert.equal(ownString(text), text);
});
