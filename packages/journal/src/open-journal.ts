import { fail, type Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { DurableJournal } from './durable-journal.js';
import type { Journal, JournaledState } from './journal.js';
import { DEFAULT_JOURNAL_OPTIONS, type JournalOptions } from './options.js';
import { recover } from './recover.js';
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
  const epoch = await storage.claimEpoch();
  await storage.cleanUp();
  const recovered = await recover(storage, state, log);
  const journal = new DurableJournal({ storage, clock, log, state, options: chosen, epoch, recovered });
  await journal.prepare();
  log.info('journal open', { epoch, operations: recovered.lastSequence, checkpoint: recovered.checkpointSequence });
  return journal;
}
