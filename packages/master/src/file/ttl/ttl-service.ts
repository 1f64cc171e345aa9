// What happens to files and directories when their time to live is over, counted from their creation, as in Alluxio:
//
//   DELETE          removed, from the store too        FREE  the cached copies go, and with them the time to live
//   DELETE_ALLUXIO  removed here, the store keeps it   a directory takes everything below it along
//
// The times are in the namespace, so a restart forgets nothing but how often something was tried.
import { messageOf, type InodeId, type NormalPath, type Timer } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { fileJournal } from '@alluvium/wire';
import { Pace } from '../../task/pace.js';
import type { FileContext } from '../context.js';
import { free } from '../operations/free.js';
import { remove } from '../operations/remove.js';
import { dueMsOf } from './due-of.js';

/** Inodes that are acted upon at a time: their changes share a sync of the journal. */
const AT_ONCE = 16;
/** Tries, a little later each, before one waits for the interval. */
const TRIES = 5;
const FIRST_RETRY_MS = 1000;
/** While another operation holds the path, or the journal refuses. */
const BUSY_MS = 1000;
/** Timers are not set for longer. */
const LONGEST_SLEEP_MS = 24 * 60 * 60 * 1000;

interface Failure {
  tries: number;
  notBeforeMs: number;
}

export class TtlService {
  readonly #c: FileContext;
  readonly #user: string;
  readonly #intervalMs: number;
  readonly #failures = new Map<InodeId, Failure>();
  #timer: Timer | undefined;
  #running = false;
  #stopped = true;

  /** `user`: the super user, on whose behalf things are removed. `intervalMs`: between tries of what has failed {@link TRIES} times. */
  constructor(c: FileContext, user: string, intervalMs: number) {
    this.#c = c;
    this.#user = user;
    this.#intervalMs = Math.max(FIRST_RETRY_MS, intervalMs);
  }

  start(): void {
    this.#stopped = false;
    this.#c.tree.timesToLive.onEarlier = () => this.#sleep();
    this.#sleep();
  }

  /** What is under way ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#c.tree.timesToLive.onEarlier = () => {};
  }

  /** Until the next is due. */
  #sleep(): void {
    if (this.#stopped || this.#running) return;
    this.#timer?.cancel();
    const next = this.#c.tree.timesToLive.nextMs;
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(0, next - this.#c.clock.nowMs()), LONGEST_SLEEP_MS);
    this.#timer = this.#c.clock.schedule(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const pace = new Pace(this.#c.clock);
    for (let due = this.#takeDue(); due.length > 0 && !this.#stopped; due = this.#takeDue()) {
      await Promise.all(due.map((id) => this.#actOn(id)));
      if (pace.spent(due.length)) await pace.rest();
    }
    this.#running = false;
    this.#sleep();
  }

  #takeDue(): InodeId[] {
    const nowMs = this.#c.clock.nowMs();
    const due: InodeId[] = [];
    while (due.length < AT_ONCE) {
      const id = this.#c.tree.timesToLive.take(nowMs);
      if (id === undefined) break;
      due.push(id);
    }
    return due;
  }

  /** Never throws. Everything is looked at again: the inode may have got another time, or have gone. */
  async #actOn(id: InodeId): Promise<void> {
    const inode = this.#c.tree.get(id);
    const dueMs = inode === undefined ? undefined : dueMsOf(inode);
    const path = this.#c.tree.pathOf(id);
    if (inode === undefined || dueMs === undefined || path === undefined) {
      this.#failures.delete(id);
      return;
    }
    const nowMs = this.#c.clock.nowMs();
    const fromMs = Math.max(dueMs, this.#failures.get(id)?.notBeforeMs ?? 0);
    // Between this look and the operation's own claim on the path lies no await, so it is this inode that the operation finds there.
    if (fromMs > nowMs) this.#c.tree.timesToLive.set(id, fromMs);
    else if (!this.#c.committer.accepting || !this.#c.locks.isFree(path, 'WRITE_EDGE')) this.#c.tree.timesToLive.set(id, nowMs + BUSY_MS);
    else await this.#act(inode, path);
  }

  async #act(inode: Inode, path: NormalPath): Promise<void> {
    const { log } = this.#c;
    try {
      if (inode.ttlAction === 'FREE') await this.#free(inode, path);
      else await this.#remove(inode, path);
      this.#failures.delete(inode.id);
      log.info('time to live is over', { path, action: inode.ttlAction });
    } catch (error) {
      if (this.#c.tree.get(inode.id) === undefined) return void this.#failures.delete(inode.id);
      const tries = (this.#failures.get(inode.id)?.tries ?? 0) + 1;
      const delayMs = tries < TRIES ? FIRST_RETRY_MS * 2 ** (tries - 1) : this.#intervalMs;
      const notBeforeMs = this.#c.clock.nowMs() + delayMs;
      this.#failures.set(inode.id, { tries, notBeforeMs });
      this.#c.tree.timesToLive.set(inode.id, notBeforeMs);
      if (tries >= TRIES)
        log.warn('time to live is over, and its action fails', { path, action: inode.ttlAction, tries, reason: messageOf(error) });
    }
  }

  async #remove(inode: Inode, path: NormalPath): Promise<void> {
    const options = { recursive: inode.kind === 'directory', alluxioOnly: inode.ttlAction === 'DELETE_ALLUXIO' };
    await remove(this.#c, { path, options }, this.#user);
  }

  /** Once: without a time to live the next copies stay. */
  async #free(inode: Inode, path: NormalPath): Promise<void> {
    await free(this.#c, { path, options: { recursive: inode.kind === 'directory', forced: true } }, this.#user);
    const now = this.#c.tree.get(inode.id);
    if (now === undefined || now.ttlMs !== inode.ttlMs || now.ttlAction !== inode.ttlAction) return;
    await this.#c.committer.commit([{ updateInode: { id: inode.id, ttl: -1n, ttlAction: fileJournal.PTtlAction.DELETE } }]);
  }
}
