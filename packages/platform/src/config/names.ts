import type { Option } from './option.js';

/** `alluxio.master.rpc.port` -> `ALLUXIO_MASTER_RPC_PORT`. */
export function environmentName(property: string): string {
  return property.replace(/[^a-zA-Z0-9]/g, '_').toUpperCase();
}

/** The declared options by name. A name may hold parts in angle brackets, `alluxio.master.security.impersonation.<user>.users`, that stand for any text. */
export class OptionNames {
  readonly #byName = new Map<string, Option<unknown>>();
  readonly #patterns: { readonly pattern: RegExp; readonly option: Option<unknown> }[] = [];

  constructor(options: Iterable<Option<unknown>>) {
    for (const option of options) {
      this.#byName.set(option.name, option);
      if (option.name.includes('<')) this.#patterns.push({ pattern: patternOf(option.name), option });
    }
  }

  find(name: string): Option<unknown> | undefined {
    return this.#byName.get(name) ?? this.#patterns.find(({ pattern }) => pattern.test(name))?.option;
  }

  /** Options whose whole name is known, so that a variable can be looked up for each. */
  *plain(): IterableIterator<Option<unknown>> {
    for (const option of this.#byName.values()) if (!option.name.includes('<')) yield option;
  }

  /** The declared name that is most like `name`, if any is like it at all. */
  nearest(name: string): string | undefined {
    let best: string | undefined;
    let bestDistance = Math.max(2, Math.floor(name.length / 6)) + 1;
    for (const candidate of this.#byName.keys()) {
      const distance = editDistance(name, candidate, bestDistance);
      if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
    }
    return best;
  }
}

function patternOf(name: string): RegExp {
  const parts = name.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}

/** Insertions, deletions and changes between two texts (Levenshtein), or `limit` when there are at least that many. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j - 1]! + change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return Math.min(row[b.length]!, limit);
}
