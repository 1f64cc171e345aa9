// Which directory a journal command looks at, and whether a master works on it at the same time.
import { dirname, resolve } from 'node:path';
import { journalFolder } from '@alluvium/master';
import { homeHolder } from '@alluvium/platform';
import type { Home } from '../../home.js';
import { homeConfiguration } from '../../home-configuration.js';
import { allOptions } from '../../options.js';

export interface JournalPlace {
  readonly directory: string;
  /** The process that serves from it, as far as its home tells. */
  readonly holder: number | undefined;
}

/** The directory that was named, else the one of the home. */
export function journalPlace(given: string | undefined, home: Home, definitions: Readonly<Record<string, string>>): JournalPlace {
  const { configuration } = homeConfiguration(allOptions, home, definitions);
  const ofHome = configuration.find(journalFolder) ?? home.journal;
  const directory = resolve(given ?? ofHome);
  const homes = [dirname(directory), ...(directory === resolve(ofHome) ? [home.directory] : [])];
  return { directory, holder: homes.map((at) => homeHolder(at)?.pid).find((pid) => pid !== undefined) };
}
