// Removals that the master has not heard of. Each is repeated until a heartbeat that carried it has succeeded.
import type { BlockId } from '@alluvium/base';

/** Removals in one heartbeat. */
const REPORT_MAX = 10_000;

export interface ChangeReport {
  readonly removed: readonly BlockId[];
  readonly added: readonly BlockId[];
  /** Everything recorded later than this belongs to a later report. */
  readonly until: number;
}

export class BlockChanges {
  readonly #removed = new Map<BlockId, number>();
  readonly #added = new Set<BlockId>();
  #sequence = 0;

  removed(id: BlockId): void {
    this.#removed.delete(id);
    this.#removed.set(id, this.#sequence++);
    this.#added.delete(id);
  }

  /** A block that is here again was not removed, whatever was recorded before. */
  committed(id: BlockId): void {
    this.#removed.delete(id);
  }

  report(): ChangeReport {
    const removed: BlockId[] = [];
    for (const id of this.#removed.keys()) {
      if (removed.push(id) === REPORT_MAX) break;
    }
    return { removed, added: [...this.#added], until: this.#sequence };
  }

  /**
   * The master has taken `report`. A block that came back while the report was under way may have lost its location to
   * it, so it is reported as added.
   */
  delivered(report: ChangeReport, isHere: (id: BlockId) => boolean): void {
    for (const id of report.added) this.#added.delete(id);
    for (const id of report.removed) {
      const recorded = this.#removed.get(id);
      if (recorded !== undefined && recorded < report.until) this.#removed.delete(id);
      if (isHere(id)) this.#added.add(id);
    }
  }

  /** A registration lists what is here: nothing before it counts. */
  clear(): void {
    this.#removed.clear();
    this.#added.clear();
  }
}
