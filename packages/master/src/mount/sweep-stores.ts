import { fail, messageOf, type Clock, type Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { AbandonedOptions } from '@alluvium/ufs';
import type { Mount } from './mount.js';
import type { MountTable } from './mount-table.js';

interface SweepParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly mounts: MountTable;
  /** Removes what attempts to persist left in the store of a mount; answers how many. */
  readonly removeAttempts: (mount: Mount, options: AbandonedOptions) => Promise<number>;
  readonly intervalMs: number;
  /** What has not grown for so long belongs to nobody. */
  readonly ageMs: number;
}

/**
 * Removes what killed processes left in the stores that may be written to: temporary files, parts of uploads, attempts to persist. At
 * the start and then from time to time, one store after the other.
 */
export class StoreSweeper {
  readonly #p: SweepParts;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;

  constructor(parts: SweepParts) {
    this.#p = parts;
  }

  start(): void {
    void this.#sweepAll().finally(() => {
      if (!this.#stop.signal.aborted) this.#timer = this.#p.clock.schedule(this.#p.intervalMs, () => this.start());
    });
  }

  /** A store that hangs is not waited for; nothing more is asked of any. */
  stop(): void {
    this.#timer?.cancel();
    this.#stop.abort(fail('cancelled', 'The master stops'));
  }

  async #sweepAll(): Promise<void> {
    const { clock, mounts, removeAttempts, ageMs } = this.#p;
    const { signal } = this.#stop;
    for (const mount of [...mounts.all()]) {
      if (signal.aborted) return;
      // It may have been unmounted while another store was waited for.
      if (!mounts.isWritable(mount) || mounts.byId(mount.id) !== mount) continue;
      const options = { olderThanMs: ageMs, nowMs: clock.nowMs(), signal };
      await this.#sweep(mount, 'attempts to persist', () => removeAttempts(mount, options));
      await this.#sweep(mount, 'files of killed writers', async () => (await mount.store.removeAbandoned?.(options)) ?? 0);
    }
  }

  /** Never throws: a store that cannot be swept is only not clean. */
  async #sweep(mount: Mount, what: string, remove: () => Promise<number>): Promise<void> {
    const { log } = this.#p;
    if (this.#stop.signal.aborted) return;
    try {
      const removed = await remove();
      if (removed > 0) log.info('removed from an under store', { what, removed, mount: mount.path });
    } catch (error) {
      if (!this.#stop.signal.aborted) log.warn('under store not swept', { what, mount: mount.path, reason: messageOf(error) });
    }
  }
}
