import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesBelow, isGenerated, read, readJson, ROOT } from './source-tree.js';

/**
 * Files of up to 600 lines, functions of source files of up to 70. tidy/ratchet.json lists those that are larger today:
 * they may shrink, nothing else may grow above. Delete or lower a line there after making something smaller.
 */
const MAX_FILE_LINES = 600;
const MAX_FUNCTION_LINES = 70;

interface Ratchet {
  readonly files: Readonly<Record<string, number>>;
  readonly functions: Readonly<Record<string, number>>;
}

const ratchet = readJson('tidy/ratchet.json') as Ratchet;

function largeFiles(): Record<string, number> {
  const out: Record<string, number> = {};
  for (const file of filesBelow('', /\.(?:ts|mjs|sh|java)$/)) {
    if (isGenerated(file)) continue;
    const lines = read(file).trimEnd().split('\n').length;
    if (lines > MAX_FILE_LINES) out[file] = lines;
  }
  return out;
}

function largeFunctions(): Record<string, number> {
  const ignored = ['packages/wire/src/gen/**', 'packages/*/test/**', '**/dist/**'].flatMap((pattern) => ['--ignore-pattern', pattern]);
  const args = ['-c', 'tidy/sizes.oxlintrc.json', '-f', 'json', ...ignored, 'packages', 'tidy', 'scripts'];
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  const { diagnostics } = JSON.parse(stdout || `{"diagnostics":[{"filename":"","message":${JSON.stringify(stderr)}}]}`) as {
    diagnostics: { filename: string; message: string }[];
  };
  const out: Record<string, number> = {};
  for (const { filename, message } of diagnostics) {
    const match = /^The (.+?) has too many lines \((\d+)\)/.exec(message);
    assert.ok(match, message);
    const key = `${filename}: ${match[1]!.replaceAll('`', '')}`;
    out[key] = Math.max(out[key] ?? 0, Number(match[2]));
  }
  return out;
}

function check(found: Readonly<Record<string, number>>, allowed: Readonly<Record<string, number>>, limit: number): void {
  for (const [what, lines] of Object.entries(found)) {
    assert.ok(lines <= (allowed[what] ?? limit), `${what} has ${lines} lines; ${allowed[what] ?? limit} allowed: make two of it`);
  }
  for (const [what, lines] of Object.entries(allowed)) {
    assert.ok(
      (found[what] ?? 0) >= lines,
      `${what} has shrunk to ${found[what] ?? `at most ${limit}`} lines: write that into tidy/ratchet.json`,
    );
  }
}

test('files are small', () => check(largeFiles(), ratchet.files, MAX_FILE_LINES));

test('functions are small', () => check(largeFunctions(), ratchet.functions, MAX_FUNCTION_LINES));
