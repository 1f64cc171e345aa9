import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { filesBelow, packageNames, read, ROOT } from './source-tree.js';

const documents = filesBelow('', /\.md$/);

/** Where paths that documents name in backticks begin. */
const TOP = ['packages/', 'docs/', 'scripts/', 'tidy/', 'interop/', 'bench/', '.ci/'];

/** `packages/*` and `NAME` stand for any name: the part before has to exist. */
function named(path: string): string {
  const cut = path.search(/[*<{]|\b[A-Z]{4,}\b(?!\.md)/);
  return cut === -1 ? path : path.slice(0, path.lastIndexOf('/', cut) + 1);
}

const there = (path: string): boolean => existsSync(join(ROOT, path));

test('paths that documents name exist', () => {
  const missing: string[] = [];
  for (const document of documents) {
    for (const [, code] of read(document).matchAll(/`([^`\n]+)`/g)) {
      const path = code!.split(/[\s:#]/)[0]!;
      if (!TOP.some((top) => path.startsWith(top))) continue;
      if (!there(named(path))) missing.push(`${document} names ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('links between documents lead somewhere', () => {
  const missing: string[] = [];
  for (const document of documents) {
    for (const [, target] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:https?:|mailto:|#)/.test(target!)) continue;
      const path = posix.join(posix.dirname(document), target!.split('#')[0]!);
      if (!there(path)) missing.push(`${document} links to ${target}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('docs/ARCHITECTURE.md names every package', () => {
  const text = read('docs/ARCHITECTURE.md');
  for (const name of packageNames) assert.ok(text.includes(`packages/${name}`), `packages/${name} is missing`);
});

test('npm scripts that documents name exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const document of documents) {
    for (const [, script] of read(document).matchAll(/`npm run ([\w:-]+)/g))
      assert.ok(script! in scripts, `${document} names npm run ${script}`);
  }
});
