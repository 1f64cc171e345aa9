import type { JournalEntry } from '@alluvium/journal';
import { fileJournal } from '@alluvium/wire';
import { ufsRoot } from './ufs-uri.js';

/** What an operator lets the master do with a store: while it is being maintained, for example. */
export type UfsMode = 'NO_ACCESS' | 'READ_ONLY' | 'READ_WRITE';

const MODES: readonly UfsMode[] = ['NO_ACCESS', 'READ_ONLY', 'READ_WRITE'];

/** By the number that the journal has for a mode; requests count from 1. */
export function ufsModeOf(number: number | undefined): UfsMode | undefined {
  return number === undefined ? undefined : MODES[number];
}

/** The modes of whole stores: scheme and authority, whatever is mounted of them. READ_WRITE is not kept. */
export class UfsModes {
  readonly #modes = new Map<string, UfsMode>();

  of(ufsUri: string): UfsMode {
    return (this.#modes.size === 0 ? undefined : this.#modes.get(ufsRoot(ufsUri))) ?? 'READ_WRITE';
  }

  all(): IterableIterator<[string, UfsMode]> {
    return this.#modes.entries();
  }

  apply(entry: NonNullable<JournalEntry['updateUfsMode']>): void {
    const mode = ufsModeOf(entry.ufsMode) ?? 'READ_WRITE';
    const root = ufsRoot(entry.ufsPath ?? '');
    if (mode === 'READ_WRITE') this.#modes.delete(root);
    else this.#modes.set(root, mode);
  }

  snapshot(): JournalEntry[] {
    return [...this.#modes].map(([root, mode]) => updateUfsMode(root, mode));
  }
}

export function updateUfsMode(root: string, mode: UfsMode): JournalEntry {
  return { updateUfsMode: { ufsPath: root, ufsMode: fileJournal.UfsMode[mode] } };
}
