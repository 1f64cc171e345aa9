// Files whose only bytes were in workers that are gone are LOST, so that whoever waits for them is told; the bytes may come back with
// a worker, and then the file is what it was. A file that is in its store is never lost.
import { messageOf, sleep, type BlockId, type Clock, type InodeId, type Timer } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode } from '@alluvium/metastore';
import type { FileContext } from '../file/context.js';
import { Pace } from '../task/pace.js';
import { recordEntry } from './persist-ledger.js';

interface Parts {
  readonly c: FileContext;
  /** Whether the workers have had their time to come back after the start. */
  readonly hasSettled: () => boolean;
  /** Whether an attempt to persist the file is under way. */
  readonly isBusy: (file: InodeId) => boolean;
  /** Whether the file is found in its store after all, and PERSISTED now. Throws when the store does not say. */
  readonly recover: (file: InodeId) => Promise<boolean>;
  readonly intervalMs: number;
}

/** Bytes that are missing are looked for once more after this time: a worker that registers anew has nothing for a moment. */
const CONFIRM_MS = 5000;
const BATCH = 500;
const MOST_NAMED = 5;

export class LostFileDetector {
  readonly #p: Parts;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  #healing = false;
  #healAgain = false;

  constructor(parts: Parts) {
    this.#p = parts;
    this.#clock = parts.c.clock;
  }

  start(): void {
    this.#timer = this.#clock.schedule(this.#p.intervalMs, () => {
      void this.#look().finally(() => {
        if (!this.#stop.signal.aborted) this.start();
      });
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stop.abort();
  }

  /** A worker has come: what was lost may be back. */
  heal(): void {
    this.#healAgain = true;
    if (!this.#healing) void this.#healAll();
  }

  async #look(): Promise<void> {
    const { log } = this.#p.c;
    try {
      await this.#healAll();
      if (!this.#p.hasSettled()) return;
      const suspects = await this.#suspects();
      if (suspects.length === 0) return;
      await sleep(this.#clock, Math.min(CONFIRM_MS, this.#p.intervalMs), this.#stop.signal);
      await this.#lose(suspects);
    } catch (error) {
      if (!this.#stop.signal.aborted) log.warn('cannot look for lost files; trying again', { reason: messageOf(error) });
    }
  }

  async #suspects(): Promise<InodeId[]> {
    const { c } = this.#p;
    const pace = new Pace(this.#clock);
    const found: InodeId[] = [];
    for (const id of c.tree.persistence.cachedOnly()) {
      if (this.#mayBeLost(id) !== undefined) found.push(id);
      if (!pace.due) continue;
      await pace.rest();
      if (this.#stop.signal.aborted) break;
    }
    return found;
  }

  #mayBeLost(id: InodeId): FileInode | undefined {
    const inode = this.#p.c.tree.get(id);
    if (inode?.kind !== 'file' || !inode.completed || this.#p.isBusy(id)) return undefined;
    if (inode.persistence !== 'NOT_PERSISTED' && inode.persistence !== 'TO_BE_PERSISTED') return undefined;
    return this.#isWhole(inode) ? undefined : inode;
  }

  #isWhole(inode: FileInode): boolean {
    return inode.blocks.every((block: BlockId) => this.#p.c.blocks.locations(block).length > 0);
  }

  async #lose(suspects: readonly InodeId[]): Promise<void> {
    const { c } = this.#p;
    let plan: JournalEntry[] = [];
    let count = 0;
    const named: string[] = [];
    for (const id of suspects) {
      if (this.#stop.signal.aborted) return;
      if (this.#mayBeLost(id)?.tempUfsPath !== '' && (await this.#isInStore(id))) continue;
      const inode = this.#mayBeLost(id);
      if (inode === undefined) continue;
      // The record says that it was to be persisted: that is what it becomes again.
      plan.push({ updateInode: { id, persistenceState: 'LOST' } });
      if (inode.persistence === 'TO_BE_PERSISTED') plan.push(this.#recordOf(inode));
      if (count++ < MOST_NAMED) named.push(c.tree.pathOf(id) ?? String(id));
      if (plan.length >= BATCH) {
        await c.committer.commit(plan);
        plan = [];
      }
    }
    if (plan.length > 0) await c.committer.commit(plan);
    if (count > 0) c.log.warn('files are lost until a worker that has their bytes comes back', { count, paths: named.join(', ') });
  }

  /** In doubt it is. */
  async #isInStore(id: InodeId): Promise<boolean> {
    try {
      return await this.#p.recover(id);
    } catch (error) {
      this.#p.c.log.debug('a file that may be lost is not looked for in its store', { file: id.toString(), reason: messageOf(error) });
      return true;
    }
  }

  #recordOf(inode: FileInode): JournalEntry {
    const ledger = this.#p.c.tree.persistence;
    const before = ledger.record(inode.id);
    const record = before ?? { attempts: 0, lastAttemptMs: 0, nextAttemptMs: 0, sinceMs: ledger.describe(inode).sinceMs };
    return recordEntry(inode.id, { ...record, lastError: 'no worker that is here has all of its blocks' });
  }

  /** One pass at a time; a worker that comes meanwhile is seen by the next. */
  async #healAll(): Promise<void> {
    const { c } = this.#p;
    this.#healing = true;
    try {
      do {
        this.#healAgain = false;
        await this.#healPass();
      } while (this.#healAgain && !this.#stop.signal.aborted);
    } catch (error) {
      c.log.debug('lost files not looked at', { reason: messageOf(error) });
    } finally {
      this.#healing = false;
    }
  }

  async #healPass(): Promise<void> {
    const { c } = this.#p;
    const { persistence } = c.tree;
    const pace = new Pace(this.#clock);
    let plan: JournalEntry[] = [];
    let count = 0;
    const commit = async (): Promise<void> => {
      const entries = plan;
      plan = [];
      if (entries.length > 0) await c.committer.commit(entries);
    };
    for (const id of persistence.lost()) {
      const inode = c.tree.get(id);
      if (inode?.kind === 'file' && inode.persistence === 'LOST' && this.#isWhole(inode)) {
        const wanted = persistence.record(id) !== undefined || inode.tempUfsPath !== '';
        plan.push({ updateInode: { id, persistenceState: wanted ? 'TO_BE_PERSISTED' : 'NOT_PERSISTED' } });
        count++;
      }
      // What is planned is committed before anything else happens.
      if (plan.length >= BATCH || pace.due) await commit();
      if (pace.due) await pace.rest();
      if (this.#stop.signal.aborted) return;
    }
    await commit();
    if (count > 0) c.log.info('lost files are back', { count });
  }
}
