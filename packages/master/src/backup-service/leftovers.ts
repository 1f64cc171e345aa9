import type { Logger } from '@alluvium/platform';
import { readMark } from './mark.js';
import { completedBy, completeName, workedOn, workNames, type WorkNames } from './names.js';
import type { BackupPlace } from './place.js';

/**
 * Ends what this writer began in a directory and was cut off from: a backup that was verified gets its `.complete`, any other goes. Not
 * to be called while this writer is at work there. Answers the names that are there afterwards.
 */
export async function settleLeftovers(place: BackupPlace, writer: string, log: Logger): Promise<Set<string>> {
  const files = new Map((await place.list()).map(({ name, bytes }) => [name, bytes]));
  const begun = new Set([...files.keys()].map((name) => workedOn(name, writer)).filter((backup) => backup !== undefined));
  for (const backup of begun) {
    const names = workNames(backup, writer);
    const finished = await finish(place, names, files);
    for (const name of [names.part, names.whole]) {
      if (files.has(name)) await place.remove(name);
      files.delete(name);
    }
    log.info(finished ? 'a backup that was verified before the end of a process is complete' : 'an unfinished backup was removed', {
      uri: `${place.uri}/${backup}`,
    });
  }
  for (const name of [...files.keys()]) {
    const backup = completedBy(name);
    if (backup === undefined || files.has(backup) || (await readMark(place, name))?.writer !== writer) continue;
    await place.remove(name);
    files.delete(name);
  }
  return new Set(files.keys());
}

/** Whether the backup has its name and was verified. */
async function finish(place: BackupPlace, names: WorkNames, files: Map<string, number>): Promise<boolean> {
  const complete = completeName(names.backup);
  if (files.has(complete) && files.has(names.backup)) return true;
  const mark = files.has(names.whole) ? await readMark(place, names.whole) : undefined;
  if (mark === undefined || files.get(names.backup) !== mark.bytes) return false;
  await place.move(names.whole, complete);
  files.set(complete, files.get(names.whole) ?? 0);
  files.delete(names.whole);
  return true;
}
