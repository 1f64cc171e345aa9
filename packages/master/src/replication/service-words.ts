// What operators said of workers: out of service, or kept out. Journaled, so that a master that starts again does as it was told.
import type { JournalEntry } from '@alluvium/journal';
import type { StatePart } from '../state.js';

export interface ServiceWord {
  readonly host: string;
  readonly webPort: number;
  readonly isDraining: boolean;
  /** It may not register. */
  readonly isDisabled: boolean;
}

export class ServiceWords implements StatePart {
  readonly #words = new Map<string, ServiceWord>();

  all(): IterableIterator<ServiceWord> {
    return this.#words.values();
  }

  apply(entry: JournalEntry): boolean {
    const said = entry.alluvium?.workerService;
    if (said === undefined) return false;
    const { host = '', webPort = 0, draining: isDraining = false, disabled: isDisabled = false } = said;
    const key = `${host}:${webPort}`;
    if (isDraining || isDisabled) this.#words.set(key, { host, webPort, isDraining, isDisabled });
    else this.#words.delete(key);
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    return [...this.#words.values()].map(wordEntry).values();
  }
}

export function wordEntry({ host, webPort, isDraining, isDisabled }: ServiceWord): JournalEntry {
  return { alluvium: { workerService: { host, webPort, draining: isDraining, disabled: isDisabled } } };
}
