import { messageOf } from '@alluvium/base';
import type { Journal } from '@alluvium/journal';
import type { Gzip } from '@alluvium/platform';
import { decodeBackup, restoreBackup, type RestoreTarget } from '../backup/index.js';
import { placeOfFile, type PlaceParts } from './choose-place.js';

interface RestoreParts extends PlaceParts {
  /** Open, and no more than the writer of an empty state so far. */
  readonly journal: Journal;
  readonly target: RestoreTarget;
  readonly gzip: Gzip;
}

/**
 * Fills the state of a master that has never served from a backup, and makes that durable as a whole: a crash before the end leaves
 * the journal empty, and the next start restores again. A journal with operations is never touched: it is what a master that was
 * restored goes on from, with the same configuration. Answers whether it restored; throws when it cannot, and the master must not
 * serve then.
 */
export async function restoreOnStart(parts: RestoreParts, uri: string): Promise<boolean> {
  const { journal, target, gzip } = parts;
  const { log } = target;
  if (journal.lastSequence > 0) {
    log.warn('nothing is restored from a backup: the journal is not empty', { backup: uri, operations: journal.lastSequence });
    return false;
  }
  log.info('restoring from a backup', { backup: uri });
  const { place, name } = placeOfFile(parts, uri);
  try {
    const restored = await restoreBackup(decodeBackup(place.read(name), uri, gzip), uri, target);
    await journal.begin();
    const ignored = Object.fromEntries(restored.ignored);
    log.info('restored from a backup', { backup: uri, entries: restored.entries, inodes: restored.inodes, ignored });
    return true;
  } finally {
    await place.close().catch((error: unknown) => log.debug('store not closed', { uri: place.uri, reason: messageOf(error) }));
  }
}
