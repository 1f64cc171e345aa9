import { existsSync, rmSync } from 'node:fs';
import { fail } from '@alluvium/base';
import type { Home } from '../home.js';
import { readState } from '../running.js';

/** What a format removes: the namespace and the cached blocks, never a store. */
export function formatTargets(home: Home, journal: string, blockDirectories: readonly string[]): string[] {
  return [journal, ...blockDirectories].filter((path) => existsSync(path) && path !== home.directory);
}

/** Removes the journal and the cached blocks of a stopped server. Files in the under stores stay. */
export function format(home: Home, targets: readonly string[]): string {
  const running = readState(home);
  if (running !== undefined)
    throw fail('failedPrecondition', `Cannot format ${home.directory}: process ${running.pid} runs on it; stop it first`);
  for (const target of targets) rmSync(target, { recursive: true, force: true });
  return targets.length === 0 ? 'Nothing to remove' : `Removed ${targets.join(', ')}`;
}
