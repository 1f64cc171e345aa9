import type { Random } from '@alluvium/base';

/**
 * All of `items` in a random order in which one of twice the weight comes first twice as often. Efraimidis and Spirakis: the order of
 * `ln(u) / weight` is a weighted draw without replacement. A weight of 0 comes last.
 */
export function drawn<T>(items: readonly T[], weight: (item: T) => number, random: Random): T[] {
  return items
    .map((item) => ({ item, at: Math.log(1 - random.next()) / weight(item) }))
    .sort((a, b) => b.at - a.at || 0)
    .map(({ item }) => item);
}

/** All of `items`, each order as likely as any other. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
