// Which blocks make room.
import { PARTIAL, type BlockTable } from './block-table.js';
import type { EvictionOrder } from './eviction-order.js';

export interface VictimRules {
  readonly table: BlockTable;
  /** Whether losing the copy may lose data or break somebody. */
  readonly isProtected: (slot: number) => boolean;
  readonly rank: (slot: number) => number;
}

/** Blocks that are looked at in one stretch of the event loop. */
const LOOKS = 2000;

/**
 * Takes those blocks out of `order` that would go first and free at least `bytes`, and then, as far as they are there, up to `ahead`
 * more. `undefined` when all that may go would not be enough, `later` when so many protected ones lay before them that others should
 * have a turn first: then none is taken.
 */
export function takeVictims(order: EvictionOrder, bytes: number, ahead: number, rules: VictimRules): number[] | undefined | 'later' {
  const { table } = rules;
  if (order.bytes < bytes && order.bytes + partialBytes(table) < bytes) return undefined;
  const victims: number[] = [];
  const held: number[] = [];
  let freed = 0;
  let protectedOnes = 0;
  while (freed < bytes + ahead && protectedOnes < LOOKS) {
    const slot = order.first(rules.rank)?.slot;
    if (slot === undefined) break;
    if (!table.has(slot, PARTIAL) && rules.isProtected(slot)) {
      order.park(slot);
      protectedOnes++;
      continue;
    }
    order.remove(slot);
    const takes = bytesTaken(table, slot);
    if (takes === 0 || isHeld(table, slot)) {
      held.push(slot);
      continue;
    }
    victims.push(slot);
    freed += takes;
  }
  for (const slot of held) order.add(slot);
  if (freed >= bytes) return victims;
  for (const slot of victims) order.add(slot);
  return protectedOnes >= LOOKS ? 'later' : undefined;
}

/** In all directories: no less than in this one. */
function partialBytes(table: BlockTable): number {
  let bytes = 0;
  for (const resident of table.residents.values()) bytes += resident.bytes;
  return bytes;
}

/** What a whole or partial block takes of its directory. */
export function bytesTaken(table: BlockTable, slot: number): number {
  return table.residents.get(slot)?.bytes ?? table.lengthOf(slot);
}

export function isHeld(table: BlockTable, slot: number): boolean {
  return (table.residents.get(slot)?.holds ?? table.claims.get(slot)?.holds ?? 0) > 0;
}
