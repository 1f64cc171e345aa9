import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

/** Tests of operations that come by most of what a store does; ALLUVIUM_TEST_METASTORE=ROCKS:0 runs all the others like this too. */
const FILES = ['random-operations', 'rename', 'remove'].map((name) => join(import.meta.dirname, 'file', `${name}.test.js`));

for (const size of [0, 1])
  test(`operations do the same in RocksDB with ${size} in memory`, () => {
    // Else the tests below would report to the runner of this one.
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ['--test', ...FILES], {
      env: { ...environment, ALLUVIUM_TEST_METASTORE: `ROCKS:${size}` },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# fail 0$|^. fail 0$/m);
  });
