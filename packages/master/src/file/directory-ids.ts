import { MAX_SEQUENCE, directoryIdOf, type ContainerId, type InodeId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';

/** Ids of directories: one container after the other, counting up. The root has the first of container 0. */
export class DirectoryIds {
  /** What the journal says is next. */
  #container = 0n as ContainerId;
  #sequence = 0n;
  /** What is handed out next: ahead of the journal while a plan is made. Soft. */
  #nextContainer = 0n as ContainerId;
  #nextSequence = 0n;

  /**
   * The next id. Adds to `plan` what makes the taking durable; the caller appends and applies it in the same synchronous stretch.
   * `nextContainer` is asked when a container is used up.
   */
  take(plan: JournalEntry[], nextContainer: (plan: JournalEntry[]) => ContainerId): InodeId {
    if (this.#nextSequence >= MAX_SEQUENCE) {
      this.#nextContainer = nextContainer(plan);
      this.#nextSequence = 0n;
    }
    const id = directoryIdOf(this.#nextContainer, Number(this.#nextSequence));
    this.#nextSequence++;
    plan.push({ inodeDirectoryIdGenerator: { containerId: this.#nextContainer, sequenceNumber: this.#nextSequence } });
    return id;
  }

  apply(entry: NonNullable<JournalEntry['inodeDirectoryIdGenerator']>): void {
    this.#container = (entry.containerId ?? 0n) as ContainerId;
    this.#sequence = entry.sequenceNumber ?? 0n;
    const behind =
      this.#nextContainer < this.#container || (this.#nextContainer === this.#container && this.#nextSequence < this.#sequence);
    if (!behind) return;
    this.#nextContainer = this.#container;
    this.#nextSequence = this.#sequence;
  }

  /** Whether an id may be handed out some time. */
  isAhead(container: ContainerId, sequence: number): boolean {
    return container === this.#container && BigInt(sequence) >= this.#sequence;
  }

  entry(): JournalEntry {
    return { inodeDirectoryIdGenerator: { containerId: this.#container, sequenceNumber: this.#sequence } };
  }
}
