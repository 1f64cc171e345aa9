import type { PersistenceState, TtlAction } from './inode.js';

// Small enumerations by the number that stands for them in memory.

export const PERSISTENCE: readonly PersistenceState[] = ['NOT_PERSISTED', 'TO_BE_PERSISTED', 'PERSISTED', 'LOST'];
export const TTL_ACTIONS: readonly TtlAction[] = ['DELETE', 'FREE', 'DELETE_ALLUXIO'];

export function numberOfPersistence(state: PersistenceState): number {
  if (state === 'NOT_PERSISTED') return 0;
  if (state === 'PERSISTED') return 2;
  return state === 'TO_BE_PERSISTED' ? 1 : 3;
}

export function numberOfTtlAction(action: TtlAction): number {
  if (action === 'DELETE') return 0;
  return action === 'FREE' ? 1 : 2;
}
