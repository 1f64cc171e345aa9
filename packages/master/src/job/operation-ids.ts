// Ids of the operations that make up one file of a copy or a move. All follow from the one that is journaled when the file is begun,
// so that a restarted master repeats the same operations, which are then answered instead of done again.
import { randomId63, type Random } from '@alluvium/base';

/** Two halves of an id, as clients send them. */
export interface Operation {
  readonly mostSignificantBits: bigint;
  readonly leastSignificantBits: bigint;
}

/** Low bits of an id that tell the steps of one file apart. */
const STEP_BITS = 24n;

export const CREATE = 0;
export const COMPLETE = 1;
export const REMOVE_SOURCE = 2;
export const REMOVE_TARGET = 3;
const FIRST_BLOCK = 16;

export function newOperation(random: Random): Operation {
  return { mostSignificantBits: randomId63(random), leastSignificantBits: (randomId63(random) >> STEP_BITS) << STEP_BITS };
}

export function stepOf(operation: Operation, step: number): Operation {
  return { ...operation, leastSignificantBits: operation.leastSignificantBits + BigInt(step) };
}

export function blockStep(index: number): number {
  return FIRST_BLOCK + index;
}
