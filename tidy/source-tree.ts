import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the repository; this file runs from build/test/tidy. */
export const ROOT = resolve(import.meta.dirname, '../../..');

const SKIPPED = new Set(['node_modules', 'dist', 'build', '.git']);

/** Files below `directory` (relative to the root) whose path matches, sorted, as paths relative to the root with `/`. */
export function filesBelow(directory: string, pattern: RegExp = /./): string[] {
  const out: string[] = [];
  const visit = (at: string): void => {
    for (const entry of readdirSync(join(ROOT, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) visit(path);
      } else if (entry.isFile() && pattern.test(path)) {
        out.push(path);
      }
    }
  };
  visit(directory);
  return out.sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function readJson(path: string): unknown {
  return JSON.parse(read(path));
}

export const packageNames: readonly string[] = readdirSync(join(ROOT, 'packages')).sort();

/** Generated code obeys its generator. */
export const isGenerated = (path: string): boolean => path.startsWith('packages/wire/src/gen/');

/** What a module imports or re-exports, as written. */
export function importsOf(path: string): string[] {
  const code = read(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
  const out: string[] = [];
  for (const match of code.matchAll(
    /(?:^|[;\s])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
  )) {
    out.push((match[1] ?? match[2])!);
  }
  return out;
}
