import type { Logger } from '@alluvium/platform';
import { readMark } from './mark.js';
import { backupTimeMs, completeName } from './names.js';
import type { BackupPlace } from './place.js';

/**
 * Removes the oldest backups of a directory, as far as this writer wrote them by its schedule and they are complete. Those of people,
 * of other masters and of Alluxio are neither counted nor touched. Answers the names that went.
 */
export async function removeOldest(place: BackupPlace, writer: string, retained: number, log: Logger): Promise<string[]> {
  const names = new Set((await place.list()).map(({ name }) => name));
  const mine: string[] = [];
  for (const name of names) {
    if (backupTimeMs(name) === undefined || !names.has(completeName(name))) continue;
    const mark = await readMark(place, completeName(name));
    if (mark?.writer === writer && mark.scheduled) mine.push(name);
  }
  mine.sort((a, b) => backupTimeMs(b)! - backupTimeMs(a)!);
  const old = mine.slice(retained);
  for (const name of old) {
    await place.remove(name);
    // Should this be the last thing that happens, the next look at the directory removes what is left.
    await place.remove(completeName(name));
    log.info('an old backup was removed', { uri: `${place.uri}/${name}`, retained });
  }
  return old;
}
