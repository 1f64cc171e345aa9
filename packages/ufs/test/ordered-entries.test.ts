import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareKeys, orderedEntries } from '@alluvium/ufs/local/node-ordered-entries.js';

test('many entries come in the order of keys, each once', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'alluvium-entries-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const names = Array.from({ length: 10_000 }, (_, i) => `n${(i * 7919) % 10_000}`);
  for (const name of names) writeFileSync(join(directory, name), '');
  for (const name of ['n1-', 'n1.', 'dir', 'dir-x', 'n\u{1F600}', 'n\uFF5E', 'nö']) writeFileSync(join(directory, name), '');
  rmSync(join(directory, 'dir'));
  mkdirSync(join(directory, 'dir'));
  const keys = [...(await orderedEntries(directory, (name) => name !== 'n5'))].map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
  assert.equal(keys.length, names.length + 7 - 1);
  assert.deepEqual(
    keys,
    keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

test('keys compare as their UTF-8 bytes do', () => {
  const keys = ['', 'a', 'a-', 'a/', 'ab', 'ö', 'ö\u{1F600}', '\u{1F600}', '\uFF5E', '\uD7FF', '\uE000', '\u{10FFFF}'];
  for (const a of keys)
    for (const b of keys)
      assert.equal(Math.sign(compareKeys(a, b)), Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))), `${a} ${b}`);
});
