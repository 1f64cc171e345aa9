// `alluvium start --from-backup FILE`: a new cluster from a backup. Asked for by name it is refused where there is a cluster already; the
// property alone is passed over then, so that it may stay in a configuration.
import { resolve } from 'node:path';
import { fail } from '@alluvium/base';
import { fileBytes, listJournal, scanSegment } from '@alluvium/journal';
import { initFromBackup, journalFolder } from '@alluvium/master';
import { nodeDisk, type Disk } from '@alluvium/platform';
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
  if (!(await isEmpty(nodeDisk(), folder))) {
    throw fail(
      'failedPrecondition',
      `Cannot restore "${file}": the journal ${folder} is not empty; start without --from-backup, or remove it first with alluvium format`,
    );
  }
  return { ...definitions, [initFromBackup.name]: /^[a-z][a-z0-9+.-]*:/i.test(file) ? file : resolve(file) };
}

/** A start that did not come to its first operation leaves an epoch, and a segment with nothing in it. */
async function isEmpty(disk: Disk, folder: string): Promise<boolean> {
  if ((await disk.stat(folder)) === undefined) return true;
  const files = await listJournal(disk, folder);
  if (files.checkpoints.length > 0) return false;
  for (const segment of files.segments) {
    const pieces: Buffer[] = [];
    for await (const piece of fileBytes(disk, segment.path)) pieces.push(piece);
    for (const part of scanSegment(Buffer.concat(pieces), segment, segment.path)) if (part.kind === 'record' || !part.zeros) return false;
  }
  return true;
}
