// The state of a master without a master: for those who look into a journal, or take apart and put together what is left of one.
// Nothing is listened to, no store is opened.
import { ROOT_INODE_ID, ROOT_PATH, fail, type BlockId } from '@alluvium/base';
import type { JournalEntry, JournaledState } from '@alluvium/journal';
import { heapMetastore } from '@alluvium/metastore';
import { silentLogger } from '@alluvium/platform';
import { BlockState } from '../block/block-state.js';
import { InodeTree } from '../file/inode-tree.js';
import { JobLedger } from '../job/job-ledger.js';
import { ServiceWords } from '../replication/service-words.js';
import { ClusterState } from '../meta/cluster-state.js';
import { PathProperties } from '../meta/path-properties.js';
import { MountTable } from '../mount/mount-table.js';
import { MasterState } from '../state.js';
import { FittingOperation, type Fitted } from './fitting-operation.js';

export interface StateFigures {
  readonly inodes: number;
  readonly blocks: number;
  /** The root mount included. */
  readonly mounts: number;
  readonly clusterId: string | undefined;
}

/** An empty state; filled by applying the entries of a checkpoint and of the operations after it. */
export class OfflineState implements JournaledState {
  readonly #tree: InodeTree;
  readonly #mounts: MountTable;
  readonly #blocks: BlockState;
  readonly #cluster = new ClusterState();
  readonly #state: MasterState;

  constructor() {
    const metastore = heapMetastore();
    this.#tree = new InodeTree(metastore.inodes);
    const root = { ufsUri: '/', readOnly: false, shared: false, properties: new Map<string, string>() };
    this.#mounts = new MountTable(root, { open: (uri) => refuse(uri) }, silentLogger);
    this.#blocks = new BlockState(metastore.blocks);
    this.#state = new MasterState([
      this.#tree,
      this.#mounts,
      this.#blocks,
      this.#cluster,
      new PathProperties(),
      new JobLedger(),
      new ServiceWords(),
    ]);
  }

  apply(entry: JournalEntry, sequence?: number): void {
    this.#state.apply(entry, sequence);
  }

  snapshot(): Iterator<JournalEntry> {
    return this.#state.snapshot();
  }

  figures(): StateFigures {
    return {
      inodes: this.#tree.size,
      blocks: this.#blocks.blockCount,
      mounts: [...this.#mounts.all()].length,
      clusterId: this.#cluster.clusterId,
    };
  }

  /**
   * Applies an operation of a history with holes: as a whole, or not at all when it speaks of what is not there. What has the name that
   * the operation gives to something else is given another name first.
   */
  applyFitting(entries: readonly JournalEntry[], sequence: number): Fitted {
    const fitted = new FittingOperation(this.#tree, this.#mounts).fit(entries);
    if (fitted.reason === undefined) for (const entry of fitted.entries) this.apply(entry, sequence);
    return fitted;
  }

  /** What must hold and does not, as lines for people; goes through the whole namespace. */
  *problems(): Generator<string> {
    const { root } = this.#tree;
    if (root === undefined) {
      if (this.#tree.size > 0) yield `There are ${this.#tree.size} inodes, and no root`;
      return;
    }
    if (root.id !== ROOT_INODE_ID || root.kind !== 'directory') yield `The root is a ${root.kind} with id ${root.id}`;
    let reached = 0;
    for (const [inode, path] of this.#tree.within(root, ROOT_PATH)) {
      reached++;
      if (inode.kind === 'directory' || !inode.completed) continue;
      const missing = inode.blocks.filter((block: BlockId) => this.#blocks.length(block) === undefined);
      if (missing.length > 0) yield `${path}: nothing is known of ${missing.length} of its ${inode.blocks.length} blocks`;
      const length = inode.blocks.reduce((sum, block) => sum + (this.#blocks.length(block) ?? 0), 0);
      if (inode.blocks.length > 0 && missing.length === 0 && length !== inode.length)
        yield `${path}: it has ${inode.length} bytes, its blocks ${length}`;
    }
    if (reached !== this.#tree.size) yield `${this.#tree.size - reached} inodes cannot be reached from the root`;
    for (const mount of this.#mounts.all()) {
      const { inodes, names } = this.#tree.walk(mount.path);
      const at = inodes.length === names.length + 1 ? inodes.at(-1) : undefined;
      if (at === undefined) yield `${mount.path}: a store is mounted there, and there is no such directory`;
      else if (at.kind === 'file') yield `${mount.path}: a store is mounted there, and it is a file`;
    }
  }
}

function refuse(uri: string): never {
  throw fail('failedPrecondition', `Cannot open the store ${uri}: no master runs`);
}
