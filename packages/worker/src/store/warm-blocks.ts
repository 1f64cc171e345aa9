// Blocks of lower tiers that were read lately: those that may deserve a higher one.
import type { BlockId } from '@alluvium/base';

const MAX_BLOCKS = 1000;

export class WarmBlocks {
  /** In the order of their last reading; true where the reader asked for a higher tier. */
  readonly #blocks = new Map<BlockId, boolean>();

  note(id: BlockId, isAsked: boolean): void {
    const before = this.#blocks.get(id) ?? false;
    this.#blocks.delete(id);
    this.#blocks.set(id, isAsked || before);
    if (this.#blocks.size <= MAX_BLOCKS) return;
    const [oldest] = this.#blocks.keys();
    this.#blocks.delete(oldest!);
  }

  forget(id: BlockId): void {
    this.#blocks.delete(id);
  }

  /** Takes them all out, those that were asked for first, then the one that was read last. */
  take(): { readonly id: BlockId; readonly isAsked: boolean }[] {
    const all = [...this.#blocks].reverse().map(([id, isAsked]) => ({ id, isAsked }));
    this.#blocks.clear();
    return [...all.filter(({ isAsked }) => isAsked), ...all.filter(({ isAsked }) => !isAsked)];
  }

  get hasAsked(): boolean {
    for (const isAsked of this.#blocks.values()) if (isAsked) return true;
    return false;
  }
}
