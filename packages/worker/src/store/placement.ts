// Where a new block should go, in which order of preference.
import type { StorageDirectory } from './storage-directory.js';

/** What a writer wants; a wish, not a condition: Alluxio places a block elsewhere rather than fail it. */
export interface Place {
  /** Index into the tiers, 0 the fastest; negative counts from the last. */
  readonly tier: number;
  /** A medium wins over the tier; '' for none. */
  readonly mediumType: string;
}

export const ANY_PLACE: Place = { tier: 0, mediumType: '' };

/**
 * The directories in groups, one after the other to be tried: those of the wanted medium or tier first, then tier by tier, the fastest
 * first.
 */
export function placementOrder(directories: readonly StorageDirectory[], place: Place): StorageDirectory[][] {
  const tiers = [...new Set(directories.map((directory) => directory.tierAlias))];
  const wanted = Math.max(0, place.tier < 0 ? tiers.length + place.tier : place.tier);
  const isWanted = (directory: StorageDirectory): boolean =>
    place.mediumType === '' ? tiers[wanted] === directory.tierAlias : directory.mediumType === place.mediumType;
  const groups = [directories.filter(isWanted)];
  for (const tier of tiers) groups.push(directories.filter((directory) => directory.tierAlias === tier && !isWanted(directory)));
  return groups.filter((group) => group.length > 0);
}
