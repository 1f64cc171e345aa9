// CompleteFile of a file that is in no store yet may be answered only when as many workers have its blocks as were asked for, so that the
// loss of one right after loses nothing. For clients of any kind: they wait for the answer of the call they make anyway.
import { fail, fileIdOfBlock, type BlockId, type Clock, type InodeId, type Timer, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { WorkerListener } from '../block/worker-listener.js';
import type { WorkerRegistry } from '../block/worker-registry.js';
import type { InodeTree } from '../file/inode-tree.js';

interface Dependencies {
  readonly clock: Clock;
  readonly tree: InodeTree;
  readonly registry: WorkerRegistry;
  /** Longest wait; 0: nobody waits. */
  readonly waitMs: number;
}

interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
  /** Blocks before this one had their copies when last looked at. */
  from: number;
}

export class DurableWaits implements WorkerListener {
  readonly #d: Dependencies;
  readonly #waiting = new Map<InodeId, Waiting>();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  get size(): number {
    return this.#waiting.size;
  }

  stop(): void {
    for (const [file, waiting] of this.#waiting) {
      this.#forget(file, waiting);
      waiting.reject(fail('unavailable', `Cannot wait for the copies of "${this.#nameOf(file)}": the master stops`));
    }
  }

  /**
   * Undefined when the file has the copies it wants, or need not have any. Throws `deadlineExceeded` after the wait; the file is
   * complete then, and goes on being copied and persisted.
   */
  whenDurable(file: InodeId): Promise<void> | undefined {
    if (this.#d.waitMs <= 0) return undefined;
    const before = this.#waiting.get(file);
    if (before !== undefined) return before.promise;
    if (this.#firstLacking(file, 0) === undefined) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = this.#d.clock.schedule(this.#d.waitMs, () => this.#giveUp(file));
    this.#waiting.set(file, { promise, resolve, reject, timer, from: 0 });
    return promise;
  }

  located(id: BlockId): void {
    if (this.#waiting.size > 0) this.changed(fileIdOfBlock(id));
  }

  /** The file may be durable now, or be gone. */
  changed(file: InodeId): void {
    const waiting = this.#waiting.get(file);
    if (waiting === undefined) return;
    // What had its copies may have lost one meanwhile: the end is seen from the beginning.
    const next = this.#firstLacking(file, waiting.from) ?? this.#firstLacking(file, 0);
    if (next !== undefined) {
      waiting.from = next;
      return;
    }
    this.#forget(file, waiting);
    waiting.resolve();
  }

  #giveUp(file: InodeId): void {
    this.changed(file);
    const waiting = this.#waiting.get(file);
    const inode = this.#unstored(file);
    if (waiting === undefined || inode === undefined) return;
    this.#forget(file, waiting);
    const index = this.#firstLacking(file, 0) ?? 0;
    const block = inode.blocks[index];
    const has = block === undefined ? 0 : this.#copiesOf(block);
    waiting.reject(
      fail(
        'deadlineExceeded',
        `Cannot make "${this.#nameOf(file)}" durable within ${this.#d.waitMs} ms: block ${index} has ${has} copies; ${inode.replicationDurable} wanted. ` +
          'The file is complete, and is copied and persisted further.',
      ),
    );
  }

  #nameOf(file: InodeId): string {
    return this.#d.tree.pathOf(file) ?? `file ${file}`;
  }

  #forget(file: InodeId, { timer }: Waiting): void {
    timer.cancel();
    this.#waiting.delete(file);
  }

  #unstored(file: InodeId): FileInode | undefined {
    const inode = this.#d.tree.get(file);
    return inode?.kind === 'file' && (inode.persistence === 'TO_BE_PERSISTED' || inode.persistence === 'LOST') ? inode : undefined;
  }

  /** The index of the first block without its copies. */
  #firstLacking(file: InodeId, from: number): number | undefined {
    const inode = this.#unstored(file);
    if (inode === undefined || inode.replicationDurable <= 1) return undefined;
    for (let index = from; index < inode.blocks.length; index++)
      if (this.#copiesOf(inode.blocks[index]!) < inode.replicationDurable) return index;
    return undefined;
  }

  /** On workers that stay. */
  #copiesOf(id: BlockId): number {
    let count = 0;
    for (const { workerId } of this.#d.registry.locations(id)) if (this.#d.registry.find(workerId as WorkerId)?.state === 'live') count++;
    return count;
  }
}
