import { fail, messageOf, randomUuid, type BlockId, type InodeId, type MountId, type NormalPath, type WorkerId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { workerControl } from '@alluvium/wire';
import { storePath, type Mount } from '../mount/mount.js';
import { relativeUfsUri } from '../mount/ufs-uri.js';
import { recordEntry, type LedgerListener, type PersistRecord, type WaitingFile } from '../persist/persist-ledger.js';
import type { Begun, PersistSteps } from '../persist/persist-steps.js';
import { whyNotPersisted } from '../persist/may-persist.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { PERSIST_DIRECTORY } from './load-metadata.js';
import { putInPlace } from './put-in-place.js';

interface Temporary {
  readonly mountId: MountId;
  readonly tempUfsPath: string;
}

interface Attempt extends Temporary {
  /** This attempt, or one before it, may have brought the file to its place in the store. */
  mayHaveMoved: boolean;
}

/** Attempts that are over and may still be written to by a worker that has not heard of it. */
const MAX_PAST = 10_000;
/** Temporary files that a store has failed to remove; what is more is left to the sweep of old ones. */
const MAX_LEFT = 10_000;
const TIDY_AT_MOST = 8;

/**
 * What the persistence queue asks of the namespace.
 *
 *   begin: journal job id and temporary path --> worker writes the temporary file --> finish: parents, rename, fingerprint, journal
 *
 * A crash before the rename leaves a temporary file whose path is journaled, so the next attempt removes it; one between rename and
 * journal leaves the file in the store, and the next attempt replaces it with the same bytes. When the bytes are no longer in any
 * worker by then, what the store has of them is taken for the file.
 */
export class PersistenceSteps implements PersistSteps {
  readonly #c: FileContext;
  /** Parts of paths that are never persisted. */
  readonly #blacklist: readonly string[];
  /** Attempts under way, by order: their files may be deleted meanwhile, the temporary ones must go nevertheless. */
  readonly #attempts = new Map<bigint, Attempt>();
  readonly #past = new Map<bigint, Attempt>();
  /** Temporary files that are still to be removed, by path. */
  readonly #left = new Map<string, Temporary>();
  #tidying = false;
  #setAside = 0;

  constructor(c: FileContext, blacklist: readonly string[] = []) {
    this.#c = c;
    this.#blacklist = blacklist.filter((part) => part !== '');
  }

  get accepting(): boolean {
    return this.#c.committer.accepting;
  }

  /** Files of others that were in the way, since the start. */
  get setAside(): number {
    return this.#setAside;
  }

  *waiting(): Generator<WaitingFile> {
    const { tree } = this.#c;
    for (const [id, fromMs] of tree.toBePersisted()) {
      const inode = fromMs === Infinity ? undefined : tree.get(id);
      if (inode?.kind === 'file') yield tree.persistence.describe(inode);
    }
  }

  listen(listener: LedgerListener | undefined): void {
    this.#c.tree.persistence.listen(listener);
  }

  mountOf(file: InodeId): NormalPath | undefined {
    const path = this.#c.tree.pathOf(file);
    return path === undefined ? undefined : this.#c.mounts.resolve(path).path;
  }

  mountHeld(path: NormalPath): string | undefined {
    const mount = this.#c.mounts.at(path);
    return mount === undefined ? undefined : whyNotPersisted(this.#c, mount);
  }

  fileHeld(file: InodeId): string | undefined {
    if (this.#blacklist.length === 0) return undefined;
    const path = this.#c.tree.pathOf(file) ?? '';
    const part = this.#blacklist.find((name) => path.includes(name));
    return part === undefined ? undefined : `names with "${part}" are not persisted (alluxio.master.persistence.blacklist)`;
  }

  async begin(file: InodeId, orderId: bigint): Promise<Begun> {
    const c = this.#c;
    const inode = this.#wanting(file);
    const path = c.tree.pathOf(file);
    if (inode === undefined || path === undefined) return { kind: 'done' };
    const mount = c.mounts.resolve(path);
    const held = whyNotPersisted(c, mount);
    if (held !== undefined) throw fail('failedPrecondition', `Cannot persist "${path}": ${held}`);
    const sources = this.#sources(inode);
    if (sources === undefined) {
      if (await this.recover(file)) return { kind: 'done' };
      return { kind: 'missing', reason: `no worker that is here has all blocks of "${path}"` };
    }
    const name = `${file}.alluxio.${c.clock.nowMs()}.${randomUuid(c.random)}.tmp`;
    const tempUfsPath = `${mount.ufsUri}/${PERSIST_DIRECTORY}/${name}`;
    this.#attempts.set(orderId, { mountId: mount.id, tempUfsPath, mayHaveMoved: inode.tempUfsPath !== '' });
    await c.committer.commit([{ updateInodeFile: { id: file, persistJobId: orderId, tempUfsPath } }]);
    if (inode.tempUfsPath !== '') await this.#tryRemove({ mountId: mount.id, tempUfsPath: inode.tempUfsPath });
    const order = {
      orderId,
      fileId: file,
      mountId: mount.id,
      ufsPath: tempUfsPath,
      length: BigInt(inode.length),
      blocks: sources.blocks,
      owner: inode.owner,
      group: inode.group,
      mode: inode.mode,
    };
    return { kind: 'order', order, workers: sources.workers };
  }

  async finish(file: InodeId, result: workerControl.PersistResult): Promise<void> {
    const orderId = result.orderId ?? -1n;
    for (;;) {
      const path = this.#c.tree.pathOf(file);
      if (path === undefined || this.#wanting(file)?.persistJobId !== orderId) return this.#drop(orderId);
      // The file may be renamed while the lock is waited for.
      const done = await this.#c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => this.#finishAt(file, path, orderId, result));
      if (done) return this.#drop(orderId);
    }
  }

  async failed(file: InodeId, orderId: bigint, record: PersistRecord | undefined): Promise<void> {
    const mayHaveMoved = this.#attempts.get(orderId)?.mayHaveMoved === true;
    let clean = true;
    try {
      await this.#drop(orderId);
    } catch (error) {
      // The next attempt removes it, or the sweep of old ones.
      clean = false;
      this.#c.log.debug('temporary file not removed', { file: file.toString(), reason: messageOf(error) });
    }
    const inode = this.#wanting(file);
    const plan: JournalEntry[] = [];
    if (inode !== undefined && record !== undefined) plan.push(recordEntry(file, record));
    // A path of a temporary file that stays is a sign that the store may have the file: who removes it looks there.
    if (clean && !mayHaveMoved && inode?.persistJobId === orderId)
      plan.push({ updateInodeFile: { id: file, persistJobId: -1n, tempUfsPath: '' } });
    try {
      if (plan.length > 0) await this.#c.committer.commit(plan);
    } catch (error) {
      this.#c.log.debug('persist attempt not journaled', { file: file.toString(), reason: messageOf(error) });
    }
  }

  async late(orderId: bigint): Promise<void> {
    const attempt = this.#past.get(orderId);
    if (attempt !== undefined) await this.#tryRemove(attempt);
  }

  async tidy(): Promise<void> {
    if (this.#tidying || this.#left.size === 0) return;
    this.#tidying = true;
    const some = [...this.#left.values()].slice(0, TIDY_AT_MOST);
    await Promise.all(some.map((temporary) => this.#tryRemove(temporary)));
    this.#tidying = false;
  }

  async #tryRemove(temporary: Temporary): Promise<void> {
    try {
      await this.#removeTemporary(temporary);
    } catch (error) {
      this.#c.log.debug('temporary file not removed', { path: temporary.tempUfsPath, reason: messageOf(error) });
    }
  }

  /**
   * Whether a file whose bytes are in no worker was brought to its place by an attempt that a crash cut off, or lies complete under its
   * temporary name: then it is PERSISTED now. Throws when the store does not say.
   */
  async recover(file: InodeId): Promise<boolean> {
    const path = this.#c.tree.pathOf(file);
    const inode = this.#c.tree.get(file);
    if (path === undefined || inode?.kind !== 'file' || inode.tempUfsPath === '') return false;
    return this.#c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => this.#recoverAt(file, path));
  }

  async #recoverAt(file: InodeId, path: NormalPath): Promise<boolean> {
    const c = this.#c;
    const inode = c.tree.get(file);
    if (c.tree.pathOf(file) !== path || inode?.kind !== 'file' || inode.persistence === 'PERSISTED') return false;
    const mount = c.mounts.resolve(path);
    const from = inode.tempUfsPath === '' ? undefined : relativeUfsUri(inode.tempUfsPath, mount.ufsUri);
    if (from === undefined) return false;
    const temporary = await mount.store.status(from);
    let status: UfsStatus | undefined;
    if (temporary?.length === inode.length) {
      status = await this.#putInPlace(inode, path, mount, { mountId: mount.id, tempUfsPath: inode.tempUfsPath, mayHaveMoved: true });
    } else if (temporary === undefined) {
      status = await mount.store.status(storePath(mount, path));
      if (status?.directory !== false || status.length !== inode.length) return false;
    }
    if (status === undefined) return false;
    c.log.warn('a file whose cached bytes are gone was found in the under store', { path, bytes: inode.length });
    await this.#commitPersisted(mount, file, path, status);
    return true;
  }

  async #finishAt(file: InodeId, path: NormalPath, orderId: bigint, result: workerControl.PersistResult): Promise<boolean> {
    const c = this.#c;
    if (c.tree.pathOf(file) !== path) return false;
    const inode = this.#wanting(file);
    if (inode === undefined || inode.persistJobId !== orderId) return true;
    if (result.length !== undefined && result.length !== BigInt(inode.length)) {
      throw fail('dataLoss', `Cannot persist "${path}": ${result.length} bytes were written; the file has ${inode.length}`);
    }
    const mount = c.mounts.resolve(path);
    const attempt = this.#attempts.get(orderId) ?? { mountId: mount.id, tempUfsPath: inode.tempUfsPath, mayHaveMoved: true };
    const status = await this.#putInPlace(inode, path, mount, attempt);
    await this.#commitPersisted(mount, file, path, status);
    this.#retire(orderId);
    return true;
  }

  #putInPlace(inode: FileInode, path: NormalPath, mount: Mount, attempt: Attempt): Promise<UfsStatus> {
    const from = relativeUfsUri(inode.tempUfsPath, mount.ufsUri);
    if (from === undefined) throw fail('aborted', `Cannot persist "${path}": its temporary file is not in the store of ${mount.path}`);
    return putInPlace(this.#c, inode, path, mount, {
      from,
      mayBeThere: attempt.mayHaveMoved,
      moving: () => (attempt.mayHaveMoved = true),
      setAside: () => this.#setAside++,
    });
  }

  async #commitPersisted(mount: Mount, file: InodeId, path: NormalPath, status: UfsStatus): Promise<void> {
    this.#c.absent.forget(path);
    await this.#c.committer.commit([
      { updateInodeFile: { id: file, persistJobId: -1n, tempUfsPath: '' } },
      { updateInode: { id: file, persistenceState: 'PERSISTED', ufsFingerprint: fingerprintOf(mount.store, status) } },
    ]);
  }

  #wanting(file: InodeId): FileInode | undefined {
    const inode = this.#c.tree.get(file);
    return inode?.kind === 'file' && inode.completed && inode.persistence === 'TO_BE_PERSISTED' ? inode : undefined;
  }

  /** Where the bytes are, workers that have most of them first; undefined when some are nowhere. */
  #sources(inode: FileInode): { blocks: workerControl.PersistBlock[]; workers: WorkerId[] } | undefined {
    const held = new Map<WorkerId, number>();
    const blocks: workerControl.PersistBlock[] = [];
    for (const blockId of inode.blocks as readonly BlockId[]) {
      const sources = [];
      for (const { workerId, workerAddress } of this.#c.blocks.locations(blockId)) {
        if (workerId === undefined || workerAddress === undefined) continue;
        held.set(workerId as WorkerId, (held.get(workerId as WorkerId) ?? 0) + 1);
        sources.push(workerAddress);
      }
      if (sources.length === 0) return undefined;
      blocks.push({ blockId, length: BigInt(this.#c.blocks.length(blockId) ?? 0), sources });
    }
    return { blocks, workers: [...held.keys()].sort((a, b) => held.get(b)! - held.get(a)!) };
  }

  /** The attempt is over: its temporary file goes, if it is still there. */
  async #drop(orderId: bigint): Promise<void> {
    const attempt = this.#retire(orderId);
    if (attempt !== undefined) await this.#removeTemporary(attempt);
  }

  #retire(orderId: bigint): Attempt | undefined {
    const attempt = this.#attempts.get(orderId);
    if (attempt === undefined) return undefined;
    this.#attempts.delete(orderId);
    this.#past.set(orderId, attempt);
    if (this.#past.size > MAX_PAST) for (const oldest of this.#past.keys()) if (this.#past.delete(oldest)) break;
    return attempt;
  }

  /** What the store does not remove now is tried again by {@link tidy}. */
  async #removeTemporary(temporary: Temporary): Promise<void> {
    // A mount that was updated meanwhile has another id.
    const mount = this.#c.mounts.byId(temporary.mountId) ?? this.#c.mounts.overlapping(temporary.tempUfsPath);
    const at = mount === undefined ? undefined : relativeUfsUri(temporary.tempUfsPath, mount.ufsUri);
    this.#left.delete(temporary.tempUfsPath);
    try {
      if (mount !== undefined && at !== undefined) await mount.store.removeFile(at);
    } catch (error) {
      if (this.#left.size < MAX_LEFT) this.#left.set(temporary.tempUfsPath, temporary);
      throw error;
    }
  }
}
