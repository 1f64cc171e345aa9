// Which directory a new block goes to.
import type { StorageDirectory } from './storage-directory.js';

/** What a writer wants; a wish, not a condition: Alluxio places a block elsewhere rather than fail it. */
export interface Place {
  /** Index into the tiers, 0 the fastest; negative counts from the last. */
  readonly tier: number;
  /** A medium wins over the tier; '' for none. */
  readonly mediumType: string;
}

export const ANY_PLACE: Place = { tier: 0, mediumType: '' };

/** Directories in the order in which to try them: the wanted medium or tier first, in it the most free space first. */
export function placementOrder(directories: readonly StorageDirectory[], place: Place): StorageDirectory[] {
  const tiers = [...new Set(directories.map((directory) => directory.tierAlias))];
  const wanted = place.tier < 0 ? tiers.length + place.tier : place.tier;
  const rank = (directory: StorageDirectory): number => {
    if (place.mediumType !== '') return directory.mediumType === place.mediumType ? 0 : 1;
    const tier = tiers.indexOf(directory.tierAlias);
    return tier === wanted ? 0 : 1 + tier;
  };
  return [...directories].sort((a, b) => rank(a) - rank(b) || b.availableBytes - a.availableBytes);
}
