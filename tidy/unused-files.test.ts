import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { filesBelow, importsOf, isGenerated, packageNames, ROOT } from './source-tree.js';

/** Where reading a package starts: its index, and its programs. */
function entries(name: string): string[] {
  return [`packages/${name}/src/index.ts`, ...filesBelow(`packages/${name}/src`, /\/bin\/[^/]+\.ts$/)];
}

function reachedFrom(starts: readonly string[]): Set<string> {
  const seen = new Set(starts);
  for (const file of seen) {
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
      assert.ok(existsSync(join(ROOT, target)), `${file} imports ${specifier}, which is not there`);
      seen.add(target);
    }
  }
  return seen;
}

for (const name of packageNames) {
  test(`every source file of ${name} is reached from its index or a program`, () => {
    const reached = reachedFrom(entries(name));
    assert.deepEqual(
      filesBelow(`packages/${name}/src`, /\.ts$/).filter((file) => !reached.has(file) && !isGenerated(file)),
      [],
    );
  });
}
