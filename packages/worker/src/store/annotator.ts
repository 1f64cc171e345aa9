// In which order blocks go when room is needed, as keys: the block with the lowest key goes first. A key changes only when its block is used.
import { fail } from '@alluvium/base';

export interface Annotator {
  /** The key of a block that an earlier process left: it goes before those that were used since, the oldest first. */
  found(modifiedMs: number): number;
  /** The key of a block that is used now; `key` is what it had, undefined for a new block. */
  used(key: number | undefined): number;
}

/** Below every key of a use, and as far as any time of a file reaches. */
const FAR_BACK = -1e14;

const foundKey = (modifiedMs: number): number => FAR_BACK + modifiedMs;

/** Least recently used first. */
export class LruAnnotator implements Annotator {
  readonly found = foundKey;
  #uses = 0;

  used(): number {
    return ++this.#uses;
  }
}

/**
 * Least recently and frequently used first, after Lee et al., "LRFU" (2001): each use counts 1 when it happens and less with every use of
 * any block since, by `attenuation` to the power of `-step`. All counts shrink alike, so their order changes only by a use; the key is
 * the logarithm of the count, taken back to the moment 0, which stays what it is until the next use.
 */
export class LrfuAnnotator implements Annotator {
  readonly found = foundKey;
  readonly #step: number;
  readonly #logAttenuation: number;
  #uses = 0;

  constructor(step: number, attenuation: number) {
    this.#step = step;
    this.#logAttenuation = Math.log(attenuation);
  }

  used(key: number | undefined): number {
    const now = ++this.#uses * this.#step * this.#logAttenuation;
    return key === undefined ? now : now + Math.log1p(Math.exp(key - now));
  }
}

/** By Alluxio's class names, whole or short. Throws `invalidArgument`. */
export function annotatorOf(name: string, step: number, attenuation: number): Annotator {
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'LRUAnnotator':
    case 'LRU':
      return new LruAnnotator();
    case 'LRFUAnnotator':
    case 'LRFU':
      if (!(step >= 0 && step <= 1)) throw fail('invalidArgument', `Cannot use a step factor of ${step}: 0 to 1 wanted`);
      if (!(attenuation >= 2)) throw fail('invalidArgument', `Cannot use an attenuation factor of ${attenuation}: 2 or more wanted`);
      return new LrfuAnnotator(step, attenuation);
    default:
      throw fail('invalidArgument', `Cannot use the annotator "${name}": LRUAnnotator or LRFUAnnotator wanted`);
  }
}
