import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from './source-tree.js';

test('docs/CONFIG.md is what the declared options say', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/generate-config-docs.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
});
