import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesBelow, isGenerated, read } from './source-tree.js';

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** What oxlint's rules cannot say; the rest is in .oxlintrc.json. */
const MACHINE: readonly Ban[] = [
  { pattern: /\bnew Date\(\s*\)/, instead: 'take a Clock and write new Date(clock.nowMs())' },
  { pattern: /\bglobalThis\b/, instead: 'name the thing, so that its own rule applies' },
  { pattern: /^\s*enum |\bdeclare enum /m, instead: 'a union of literals' },
];

/** Where the machine's own time is allowed. */
const EDGES = [
  /^packages\/platform\/src\/node\//,
  /^packages\/[^/]+\/src\/(?:.*\/)?node-[^/]*$/,
  /^packages\/server\/src\//,
  /^packages\/cli\/src\/terminal\//,
  /^packages\/testkit\//,
];

function offenders(files: readonly string[], bans: readonly Ban[]): string[] {
  const out: string[] = [];
  for (const file of files) {
    const lines = read(file).split('\n');
    lines.forEach((line, at) => {
      if (/^\s*(?:\/\/|\*|\/\*)/.test(line)) return;
      for (const { pattern, instead } of bans) if (pattern.test(line)) out.push(`${file}:${at + 1}: ${line.trim()}: ${instead}`);
    });
  }
  return out;
}

test('source files take the machine from outside', () => {
  const files = filesBelow('packages', /^packages\/[^/]+\/src\/.*\.ts$/).filter(
    (file) => !isGenerated(file) && !EDGES.some((edge) => edge.test(file)),
  );
  assert.deepEqual(offenders(files, MACHINE), []);
});

test('nothing is left to do in a comment', () => {
  const word = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['X', 'XX'].join('')})\\b`);
  const out: string[] = [];
  for (const file of filesBelow('', /\.(?:ts|mjs|js|md|proto|sh|java|yml)$|^\.ci\//)) {
    if (isGenerated(file)) continue;
    read(file)
      .split('\n')
      .forEach((line, at) => {
        if (word.test(line)) out.push(`${file}:${at + 1}: ${line.trim()}`);
      });
  }
  assert.deepEqual(out, [], 'open an issue instead');
});

test('tests are not left out or singled out', () => {
  const out = offenders(filesBelow('packages', /\/test\/.*\.ts$/), [
    { pattern: /\b(?:test|it|describe)\.only\(/, instead: 'run all' },
    { pattern: /\b(?:test|it|describe)\.(?:skip|todo)\(/, instead: '{ skip: reason } that says on which machine it is skipped' },
  ]);
  assert.deepEqual(out, []);
});

test('names say what a file is for', () => {
  const vague = /(?:^|[-/])(?:utils?|helpers?|common|misc|manager|impl)(?:[-./]|$)/i;
  const files = filesBelow('packages', /\.ts$/).filter((file) => !isGenerated(file));
  assert.deepEqual(
    files.filter((file) => vague.test(file)),
    [],
  );
  assert.deepEqual(
    files.filter((file) => !/^[a-z0-9.-]+\.ts$/.test(file.slice(file.lastIndexOf('/') + 1))),
    [],
    'file names are lower-case words with dashes',
  );
});
