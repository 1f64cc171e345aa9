import { fail, kindOf, messageOf, type Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { DurableJournal } from './durable-journal.js';
import type { Journal, JournaledState } from './journal.js';
import { DEFAULT_JOURNAL_OPTIONS, type JournalOptions } from './options.js';
import { recover } from './recover.js';
import { StartProgress } from './start-progress.js';
import type { JournalStorage } from './storage.js';

export interface OpenJournal {
  readonly storage: JournalStorage;
  readonly clock: Clock;
  readonly log: Logger;
  /** Empty; filled from checkpoint and segments before this resolves. */
  readonly state: JournaledState;
  readonly options?: Partial<JournalOptions>;
}

/**
 * Becomes the writer: claims an epoch, which fences every writer before, and rebuilds the state. Throws `dataLoss` when something
 * acknowledged cannot be read, `failedPrecondition` for files of a later version.
 */
export async function openJournal({ storage, clock, log, state, options }: OpenJournal): Promise<Journal> {
  const chosen = { ...DEFAULT_JOURNAL_OPTIONS, ...options };
  if (chosen.reserveBytes > 0 && chosen.reserveBytes < chosen.bufferBytes) {
    throw fail(
      'invalidArgument',
      `Cannot open the journal: the reserve of ${chosen.reserveBytes} bytes is smaller than the buffer of ${chosen.bufferBytes}`,
    );
  }
  const epoch = await claim(storage, log);
  await storage.cleanUp();
  const progress = new StartProgress(clock, log);
  const recovered = await recover(storage, state, log, progress);
  const journal = new DurableJournal({ storage, clock, log, state, options: chosen, epoch, recovered });
  await journal.prepare();
  log.info('journal open', {
    epoch,
    operations: recovered.lastSequence,
    checkpoint: recovered.checkpointSequence,
    elapsedMs: progress.elapsedMs,
  });
  return journal;
}

/** On a full disk the reserve makes room for the claim: there is none left then, and the journal is read-only until there is. */
async function claim(storage: JournalStorage, log: Logger): Promise<number> {
  try {
    return await storage.claimEpoch();
  } catch (error) {
    if (kindOf(error) !== 'resourceExhausted') throw error;
    log.error('the disk of the journal is full: the reserve is given up for the start', { reason: messageOf(error) });
  }
  await storage.releaseReserve();
  try {
    return await storage.claimEpoch();
  } catch (error) {
    if (kindOf(error) !== 'resourceExhausted') throw error;
    const text = `Cannot start: the disk of the journal is full, not even an empty file can be made (${messageOf(error)}). Without one nobody can know that no other master writes here; free some space and start again`;
    throw fail('resourceExhausted', text, error);
  }
}
