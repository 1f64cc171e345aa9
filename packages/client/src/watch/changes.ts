import type { Cancellable } from '../file-system.js';

export type ChangeKind = 'CREATED' | 'COMPLETED' | 'CHANGED' | 'RENAMED' | 'REMOVED' | 'MOUNTED' | 'UNMOUNTED';

/** Something that happened to one name. Times and the number of children of a directory follow from changes in it. */
export interface NamespaceChange {
  /** Of the commit; changes of one commit share it. It only grows. */
  readonly sequence: bigint;
  /** COMPLETED: a file that was being written is whole. CHANGED: any attribute. */
  readonly kind: ChangeKind;
  /** After the change; of what is removed, before it. */
  readonly path: string;
  /** Where a renamed file or directory was. */
  readonly oldPath?: string;
  readonly fileId: bigint;
  readonly folder: boolean;
  readonly timeMs: bigint;
}

export interface WatchOptions extends Cancellable {
  /** False: only the path itself and its direct children. */
  readonly recursive?: boolean;
  /** Begins with what came after this sequence, `outOfRange` when that is no longer kept; from now on unless told. */
  readonly afterSequence?: bigint;
}

export interface WatchUpdate {
  /** May be empty: a sign of life. */
  readonly changes: readonly NamespaceChange[];
  /** All changes up to here have been answered; where to go on. */
  readonly sequence: bigint;
  /** True when changes between the update before and this one are lost: the connection was broken for too long. */
  readonly missed: boolean;
}
