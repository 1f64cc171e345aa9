// The journal against the master that writes it: what a crash would leave is replayed, and must be what the master has in memory.
import { sleep } from '@alluvium/base';
import { stateHash } from '@alluvium/journal';
import type { SimCluster } from '@alluvium/testkit';
import { journalFiles, replay, Standby, type JournalFiles } from './replay.js';
import { newest } from './rot.js';
import { violated } from './world.js';

/** Something may always be on its way to the disk for a moment; so often it is looked for one at which nothing is. */
const LOOKS = 2000;
const LOOK_PAUSE_MS = 0.7;

export class JournalCheck {
  readonly #cluster: SimCluster;
  readonly #standby: Standby;
  /** How often the two were compared. */
  comparisons = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#standby = new Standby(cluster);
  }

  /** Compares when everything is durable that the master has; false when it went away before that. */
  async compare(): Promise<boolean> {
    const { master, clock, trace } = this.#cluster;
    const { service } = master;
    for (let look = 0; look < LOOKS; look++) {
      const journaled = master.service === service ? service?.journaled : undefined;
      if (journaled === undefined) return false;
      const { journal, state } = journaled;
      if (journal.lastSequence !== journal.durableSequence) {
        await sleep(clock, LOOK_PAUSE_MS);
        continue;
      }
      // Both at the same moment.
      const sequence = journal.lastSequence;
      const live = stateHash(state.snapshot());
      const files = journalFiles(master);
      const replayed = await replay(this.#cluster, files);
      if (replayed.sequence !== sequence) violated(`the master has confirmed ${sequence} operations; its disk has ${replayed.sequence}`);
      if (replayed.hash !== live) violated(`the journal replayed up to ${sequence} is not the state of the master`);
      if ((await this.#standby.follow(files)) !== live) violated(`a standby that follows the journal up to ${sequence} has another state`);
      const { hash } = await replay(this.#cluster, withoutNewestCheckpoint(files));
      if (hash !== live) violated(`without its newest checkpoint the journal replayed up to ${sequence} is another state`);
      this.comparisons++;
      trace.add(`the journal replayed up to ${sequence} is the state of the master: ${live}`);
      return true;
    }
    return false;
  }
}

/** The one before it and the log have to do. */
function withoutNewestCheckpoint(files: JournalFiles): JournalFiles {
  const lost = newest([...files.keys()].filter((path) => path.endsWith('.ckp')));
  return new Map([...files].filter(([path]) => path !== lost));
}
