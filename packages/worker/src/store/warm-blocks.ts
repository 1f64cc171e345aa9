// Blocks of lower tiers that were read lately: those that may deserve a higher one.
import type { BlockId } from '@alluvium/base';

const MAX_BLOCKS = 1000;

export class WarmBlocks {
  /** In the order of their last reading; true where the reader asked for a higher tier. */
  readonly #blocks = new Map<BlockId, boolean>();

  /** Called when a reader has asked for a higher tier. */
  onAsked: (() => void) | undefined;

  note(id: BlockId, isAsked: boolean): void {
    const before = this.#blocks.get(id) ?? false;
    this.#blocks.delete(id);
    this.#blocks.set(id, isAsked || before);
    if (isAsked) this.onAsked?.();
    if (this.#blocks.size <= MAX_BLOCKS) return;
    const [oldest] = this.#blocks.keys();
    this.#blocks.delete(oldest!);
  }

  /** What was asked for has to wait. */
  again(id: BlockId): void {
    this.#blocks.set(id, true);
  }

  forget(id: BlockId): void {
    this.#blocks.delete(id);
  }

  /** Takes those out that were asked for, and then the others, if wanted, what was read last first. */
  take(withOthers: boolean): { readonly id: BlockId; readonly isAsked: boolean }[] {
    const all = [...this.#blocks].reverse().map(([id, isAsked]) => ({ id, isAsked }));
    const asked = all.filter(({ isAsked }) => isAsked);
    const taken = withOthers ? [...asked, ...all.filter(({ isAsked }) => !isAsked)] : asked;
    for (const { id } of taken) this.#blocks.delete(id);
    return taken;
  }

  get hasAsked(): boolean {
    for (const isAsked of this.#blocks.values()) if (isAsked) return true;
    return false;
  }
}
