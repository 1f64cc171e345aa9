// `alluvium start --from-backup FILE`: a new cluster from a backup. Asked for by name it is refused where there is a cluster already; the
// property alone is passed over then, so that it may stay in a configuration.
import { resolve } from 'node:path';
import { fail } from '@alluvium/base';
import { localDirectoryStorage } from '@alluvium/journal';
import { initFromBackup, journalFolder } from '@alluvium/master';
import { nodeDisk } from '@alluvium/platform';
import type { Home } from '../home.js';
import { homeConfiguration } from '../home-configuration.js';
import { allOptions } from '../options.js';
import type { Role } from '../roles.js';

interface FromBackup {
  readonly home: Home;
  readonly roles: readonly Role[];
  readonly definitions: Readonly<Record<string, string>>;
  /** A path of this machine, or the URI of a file in a store. */
  readonly file: string;
}

/** The definitions with which the master restores. */
export async function fromBackup({ home, roles, definitions, file }: FromBackup): Promise<Record<string, string>> {
  if (!roles.includes('master')) throw fail('invalidArgument', `Cannot restore "${file}": a master restores, and none is started`);
  const { configuration } = homeConfiguration(allOptions, home, definitions);
  const folder = configuration.find(journalFolder) ?? home.journal;
  const journal = localDirectoryStorage(nodeDisk(), folder);
  if ((await journal.segments()).length > 0 || (await journal.checkpoints()).length > 0) {
    throw fail(
      'failedPrecondition',
      `Cannot restore "${file}": the journal ${folder} is not empty; start without --from-backup, or remove it first with alluvium format`,
    );
  }
  return { ...definitions, [initFromBackup.name]: /^[a-z][a-z0-9+.-]*:/i.test(file) ? file : resolve(file) };
}
