import type { Clock, InodeId, Timer } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { messageOf } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { Logger } from '@alluvium/platform';
import type { Committer } from '../commit.js';
import type { InodeTree } from './inode-tree.js';

export interface AccessTimeOptions {
  /** Off: access times stay as they were when the file was made. */
  readonly enabled: boolean;
  /** An access time is moved only when it is older than this. */
  readonly precisionMs: number;
  /** How much later it is journaled at most. */
  readonly flushDelayMs: number;
}

export const defaultAccessTimeOptions: AccessTimeOptions = {
  enabled: true,
  precisionMs: 24 * 60 * 60 * 1000,
  flushDelayMs: 60 * 60 * 1000,
};

const MAX_PENDING = 10_000;

/** Access times of opened files, journaled in bulk so that a read costs no write. */
export class AccessTimes {
  readonly #clock: Clock;
  readonly #committer: Committer;
  readonly #tree: InodeTree;
  readonly #log: Logger;
  readonly #options: AccessTimeOptions;
  readonly #pending = new Map<InodeId, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock, committer: Committer, tree: InodeTree, log: Logger, options: AccessTimeOptions) {
    this.#clock = clock;
    this.#committer = committer;
    this.#tree = tree;
    this.#log = log;
    this.#options = options;
  }

  opened(file: FileInode): void {
    const { enabled, precisionMs, flushDelayMs } = this.#options;
    const nowMs = this.#clock.nowMs();
    if (!enabled || nowMs - file.accessTimeMs < precisionMs) return;
    this.#pending.set(file.id, nowMs);
    if (this.#pending.size >= MAX_PENDING) void this.#flushOrLog();
    else this.#timer ??= this.#clock.schedule(flushDelayMs, () => void this.#flushOrLog());
  }

  /** Journals what is pending. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const plan: JournalEntry[] = [];
    for (const [id, timeMs] of this.#pending) {
      if (this.#tree.get(id) !== undefined) plan.push({ updateInode: { id, lastAccessTimeMs: BigInt(timeMs) } });
    }
    this.#pending.clear();
    if (plan.length > 0) await this.#committer.commit(plan);
  }

  /** Journals what is pending, if the journal takes it. */
  async close(): Promise<void> {
    await this.#flushOrLog();
  }

  /** Access times are a hint: while the journal refuses them they are dropped. */
  #flushOrLog(): Promise<void> {
    return this.flush().catch((error: unknown) => this.#log.warn('access times not journaled', { reason: messageOf(error) }));
  }
}
