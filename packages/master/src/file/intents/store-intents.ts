// An operation that changes a store and then the journal says before what it is about to do; the entries that journal its result end
// the intent. What a crash, or a store that does not answer, leaves between the two is found here, and settled:
//
//   intent --> the store changes --> result, end of the intent
//        \--crash--> ask the store how far it went --> finish or take back --> end of the intent
import type { InodeId, NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { alluviumJournal } from '@alluvium/wire';
import type { OperationId } from '../retry-cache.js';

export type IntentKind = keyof typeof alluviumJournal.StoreIntentKind;

export interface NewIntent {
  readonly kind: IntentKind;
  /** What is changed; absent for directories that are to be made. */
  readonly inode?: InodeId;
  readonly path: NormalPath;
  /** Where a rename leads to; the lowest of the directories to be made. */
  readonly target?: NormalPath;
  /** Of the request that asked for it. */
  readonly operation?: OperationId | undefined;
  readonly user: string;
  /** SET_ATTRIBUTE: what the store is to have. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: number | undefined;
  /** SET_ATTRIBUTE: what is below too. */
  readonly recursive?: boolean;
  /** REMOVE: directories go with whatever the store has in them. */
  readonly unchecked?: boolean;
}

export interface StoreIntent extends NewIntent {
  /** Random. */
  readonly id: bigint;
  readonly timeMs: number;
}

/** Intents without an end; part of the namespace's journaled state. */
export class StoreIntents {
  readonly #open = new Map<bigint, StoreIntent>();
  /** Told of an intent that its operation has left open; see IntentSettler. */
  leftOpen: ((intent: StoreIntent) => void) | undefined;
  /** Told of a path whose store will not be asked any more; see IntentSettler. */
  forsaken: ((path: NormalPath) => void) | undefined;

  /** Oldest first. */
  open(): IterableIterator<StoreIntent> {
    return this.#open.values();
  }

  get(id: bigint): StoreIntent | undefined {
    return this.#open.get(id);
  }

  apply({ storeIntent, storeIntentEnd }: alluviumJournal.Extension): boolean {
    if (storeIntent !== undefined) {
      const intent = fromMessage(storeIntent);
      this.#open.set(intent.id, intent);
      return true;
    }
    return storeIntentEnd !== undefined && (this.#open.delete(storeIntentEnd.id ?? 0n) || true);
  }

  snapshot(): JournalEntry[] {
    return [...this.#open.values()].map(beginEntry);
  }
}

export function beginEntry(intent: StoreIntent): JournalEntry {
  const { id, kind, inode, path, target, operation, user, timeMs, owner, group, mode, recursive, unchecked } = intent;
  return {
    alluvium: {
      storeIntent: {
        id,
        kind: alluviumJournal.StoreIntentKind[kind],
        path,
        user,
        timeMs: BigInt(timeMs),
        inodeId: inode,
        targetPath: target,
        operationMost: operation?.mostSignificantBits,
        operationLeast: operation?.leastSignificantBits,
        owner,
        group,
        mode,
        recursive,
        unchecked,
      },
    },
  };
}

export function endEntry(id: bigint): JournalEntry {
  return { alluvium: { storeIntentEnd: { id } } };
}

const KINDS = new Map(Object.entries(alluviumJournal.StoreIntentKind).map(([name, number]) => [number, name as IntentKind]));

function fromMessage(message: alluviumJournal.StoreIntent): StoreIntent {
  const { operationMost, operationLeast, owner, group, mode } = message;
  const operation =
    operationMost === undefined && operationLeast === undefined
      ? undefined
      : { mostSignificantBits: operationMost, leastSignificantBits: operationLeast };
  return {
    id: message.id ?? 0n,
    kind: KINDS.get(message.kind!)!,
    path: (message.path ?? '/') as NormalPath,
    user: message.user ?? '',
    timeMs: Number(message.timeMs ?? 0n),
    operation,
    owner,
    group,
    mode,
    recursive: message.recursive ?? false,
    unchecked: message.unchecked ?? false,
    ...(message.inodeId === undefined ? {} : { inode: message.inodeId as InodeId }),
    ...(message.targetPath === undefined ? {} : { target: message.targetPath as NormalPath }),
  };
}
