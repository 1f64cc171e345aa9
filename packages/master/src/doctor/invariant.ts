// What holds in every healthy namespace, written so that each rule stands alone: its name, how it is looked at, how it is mended.
import type { BlockId, InodeId, NormalPath } from '@alluvium/base';
import type { Inode, InodeStore } from '@alluvium/metastore';
import type { BlockMaster } from '../block/block-master.js';
import type { FileContext } from '../file/context.js';
import type { Pace } from '../task/pace.js';

/** The state that is examined. */
export interface Patient {
  readonly c: FileContext;
  /** What the tree of `c` is kept in: where an edge, or a count, differs from the inodes it is derived from. */
  readonly inodes: InodeStore;
  readonly blocks: BlockMaster;
  /** An inode as it is now. */
  inode(id: InodeId): Inode | undefined;
  /** Whether a file has its place in the persistence queue; undefined: there is no queue that runs. */
  readonly isQueued?: (file: InodeId) => boolean;
}

/** What somebody who asks for an examination has to give. */
export type PatientParts = Omit<Patient, 'inode'>;

/** A rule about things of one sort. */
export interface Invariant<Subject> {
  /** Names the rule; docs/SEMANTICS.md lists them. */
  readonly kind: string;
  /** What mends it, or what somebody has to do who wants it mended. */
  readonly remedy: string;
  /**
   * What is wrong at this moment; undefined when the rule holds, and for a subject that is gone. In one stretch: between two
   * operations of the journal everything agrees.
   */
  wrong(p: Patient, subject: Subject): string | undefined;
  /** An operation of several steps breaks it for a moment: it counts when it is still broken once all have ended that were under way. */
  readonly passing?: true;
  /** Plans and commits in one stretch, right after `wrong` has told of it. Absent when it cannot be mended while the master runs. */
  mend?(p: Patient, subject: Subject): Promise<void> | void;
}

/** What a finding is about. */
export interface About {
  /** A path, or what names something that has none. */
  readonly subject: string;
  readonly inode?: InodeId;
  readonly block?: BlockId;
  /** Held while it is mended. */
  readonly path?: NormalPath;
}

/** A rule that seems to be broken. */
export interface Suspicion {
  readonly kind: string;
  readonly remedy: string;
  readonly about: About;
  readonly passing: boolean;
  /** What was wrong when it was seen. */
  readonly detail: string;
  /** What is wrong now. */
  look(): string | undefined;
  /** The same, in slices, for what takes too long in one stretch: while nobody changes what is at the path. */
  readonly lookSlowly?: (pace: Pace) => Promise<string | undefined>;
  readonly mend: (() => Promise<void> | void) | undefined;
}

/** A rule that is broken. */
export interface Finding {
  readonly kind: string;
  readonly about: About;
  readonly detail: string;
  readonly remedy: string;
  readonly repaired: boolean;
}
