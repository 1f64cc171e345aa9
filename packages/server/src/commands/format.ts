import { existsSync, rmSync } from 'node:fs';
import { fail } from '@alluvium/base';
import { journalFolder } from '@alluvium/master';
import { homeHolder, type Configuration } from '@alluvium/platform';
import { blockFolders } from '@alluvium/worker';
import type { Home } from '../home.js';

/** What a format removes: the namespace and the cached blocks, never a store. */
export function formatTargets(configuration: Configuration): string[] {
  const journal = configuration.get(journalFolder);
  return [journal, ...blockFolders(configuration)].filter((path) => existsSync(path));
}

/** Removes the journal and the cached blocks of a stopped server. Files in the under stores stay. */
export function format(home: Home, targets: readonly string[]): string {
  const holder = homeHolder(home.directory);
  if (holder !== undefined)
    throw fail('failedPrecondition', `Cannot format ${home.directory}: process ${holder.pid} runs on it; stop it first`);
  for (const target of targets) rmSync(target, { recursive: true, force: true });
  return targets.length === 0 ? 'Nothing to remove' : `Removed ${targets.join(', ')}`;
}
