import { fail, kindOf, randomUuid, type BlockId, type InodeId, type MountId, type NormalPath, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { workerControl } from '@alluvium/wire';
import { storePath, ufsUriOf, type Mount } from '../mount/mount.js';
import { relativeUfsUri } from '../mount/ufs-uri.js';
import type { PersistSteps } from '../persist/persist-queue.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { PERSIST_DIRECTORY } from './load-metadata.js';
import { hasMoved } from './rename-intents.js';
import { makeStoreParents } from './store-directories.js';

interface Attempt {
  readonly mountId: MountId;
  readonly tempUfsPath: string;
}

interface RunningAttempt extends Attempt {
  /** This attempt, or one before it, may have brought the file to its place in the store. */
  mayHaveMoved: boolean;
}

/**
 * What the persistence queue asks of the namespace.
 *
 *   begin: journal job id and temporary path --> worker writes the temporary file --> finish: parents, rename, fingerprint, journal
 *
 * A crash before the rename leaves a temporary file whose path is journaled, so the next attempt removes it; one between rename and
 * journal leaves the file in the store, and the next attempt replaces it with the same bytes.
 */
export class PersistenceSteps implements PersistSteps {
  readonly #c: FileContext;
  /** Attempts under way, by order: their files may be deleted meanwhile, the temporary ones must go nevertheless. */
  readonly #attempts = new Map<bigint, RunningAttempt>();

  constructor(c: FileContext) {
    this.#c = c;
  }

  *toBePersisted(): Generator<InodeId> {
    const nowMs = this.#c.clock.nowMs();
    for (const [id, dueMs] of this.#c.tree.toBePersisted()) if (dueMs <= nowMs) yield id;
  }

  async begin(file: InodeId, orderId: bigint): Promise<{ order: workerControl.PersistOrder; workers: readonly WorkerId[] } | undefined> {
    const c = this.#c;
    const inode = this.#wanting(file);
    const path = c.tree.pathOf(file);
    if (inode === undefined || path === undefined) return undefined;
    const mount = c.mounts.resolve(path);
    if (mount.readOnly) throw fail('failedPrecondition', `Cannot persist "${path}": the mount point ${mount.path} is read-only`);
    const { blocks, workers } = this.#sources(inode, path);
    const name = `${file}.alluxio.${c.clock.nowMs()}.${randomUuid(c.random)}.tmp`;
    const tempUfsPath = `${mount.ufsUri}/${PERSIST_DIRECTORY}/${name}`;
    this.#attempts.set(orderId, { mountId: mount.id, tempUfsPath, mayHaveMoved: inode.tempUfsPath !== '' });
    await c.committer.commit([{ updateInodeFile: { id: file, persistJobId: orderId, tempUfsPath } }]);
    if (inode.tempUfsPath !== '') await this.#removeTemporary({ mountId: mount.id, tempUfsPath: inode.tempUfsPath });
    const order = {
      orderId,
      fileId: file,
      mountId: mount.id,
      ufsPath: tempUfsPath,
      length: BigInt(inode.length),
      blocks,
      owner: inode.owner,
      group: inode.group,
      mode: inode.mode,
    };
    return { order, workers };
  }

  async finish(file: InodeId, result: workerControl.PersistResult): Promise<void> {
    const orderId = result.orderId ?? -1n;
    for (;;) {
      const path = this.#c.tree.pathOf(file);
      if (path === undefined || this.#wanting(file)?.persistJobId !== orderId) return this.#drop(orderId);
      // The file may be renamed while the lock is waited for.
      const done = await this.#c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => this.#finishAt(file, path, orderId, result));
      if (done) return this.#drop(orderId);
    }
  }

  async abandon(file: InodeId, orderId: bigint): Promise<void> {
    const inode = this.#c.tree.get(file);
    const mayHaveMoved = this.#attempts.get(orderId)?.mayHaveMoved === true;
    await this.#drop(orderId);
    // The path of the temporary file stays as a sign that the store may have the file: who removes it looks there.
    if (mayHaveMoved) return;
    if (inode?.kind === 'file' && inode.persistJobId === orderId && this.#c.tree.get(file) !== undefined) {
      await this.#c.committer.commit([{ updateInodeFile: { id: file, persistJobId: -1n, tempUfsPath: '' } }]);
    }
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
    const from = relativeUfsUri(inode.tempUfsPath, mount.ufsUri);
    if (from === undefined) throw fail('aborted', `Cannot persist "${path}": its temporary file is not in the store of ${mount.path}`);
    c.committer.requireAccepting();
    await makeStoreParents(c, path, inode.owner, inode.group);
    const to = storePath(mount, path);
    const attempt = this.#attempts.get(orderId);
    if (attempt !== undefined) attempt.mayHaveMoved = true;
    await moveInto(mount, from, to);
    await this.#carryOwner(mount, to, inode.id);
    const status = await mount.store.status(to);
    if (status === undefined || status.length !== inode.length) {
      throw fail(
        'aborted',
        `Cannot persist "${path}": ${ufsUriOf(mount, path)} has ${status?.length ?? 'no'} bytes after the rename; ${inode.length} expected`,
      );
    }
    c.absent.forget(path);
    await c.committer.commit([
      { updateInodeFile: { id: file, persistJobId: -1n, tempUfsPath: '', path } },
      { updateInode: { id: file, persistenceState: 'PERSISTED', ufsFingerprint: fingerprintOf(mount.store, status) } },
    ]);
    this.#attempts.delete(orderId);
    return true;
  }

  /** The temporary file was made with what the inode had when the order was given. */
  async #carryOwner(mount: Mount, at: string, file: InodeId): Promise<void> {
    if (!mount.store.capabilities.permissions) return;
    const inode = this.#c.tree.get(file);
    const status = await mount.store.status(at);
    if (inode === undefined || status === undefined) return;
    if (status.mode !== inode.mode) await mount.store.setMode(at, inode.mode);
    if (status.owner === inode.owner && status.group === inode.group) return;
    try {
      await mount.store.setOwner(at, inode.owner, inode.group);
    } catch (error) {
      // Only root may give files away; the namespace keeps the owner in any case.
      this.#c.log.debug('owner not set in the under store', { path: at, reason: String(error) });
    }
  }

  #wanting(file: InodeId): FileInode | undefined {
    const inode = this.#c.tree.get(file);
    return inode?.kind === 'file' && inode.completed && inode.persistence === 'TO_BE_PERSISTED' ? inode : undefined;
  }

  /** Where the bytes are; workers that have most of them first. */
  #sources(inode: FileInode, path: NormalPath): { blocks: workerControl.PersistBlock[]; workers: WorkerId[] } {
    const held = new Map<WorkerId, number>();
    const blocks = inode.blocks.map((blockId: BlockId) => {
      const locations = this.#c.blocks.locations(blockId);
      if (locations.length === 0) throw fail('unavailable', `Cannot persist "${path}": no worker has its block ${blockId}`);
      const sources = [];
      for (const { workerId, workerAddress } of locations) {
        if (workerId === undefined || workerAddress === undefined) continue;
        held.set(workerId as WorkerId, (held.get(workerId as WorkerId) ?? 0) + 1);
        sources.push(workerAddress);
      }
      return { blockId, length: BigInt(this.#c.blocks.length(blockId) ?? 0), sources };
    });
    return { blocks, workers: [...held.keys()].sort((a, b) => held.get(b)! - held.get(a)!) };
  }

  /** The attempt is over: its temporary file goes, if it is still there. */
  async #drop(orderId: bigint): Promise<void> {
    const attempt = this.#attempts.get(orderId);
    if (attempt === undefined) return;
    this.#attempts.delete(orderId);
    await this.#removeTemporary(attempt);
  }

  async #removeTemporary(attempt: Attempt): Promise<void> {
    // A mount that was updated meanwhile has another id.
    const mount = this.#c.mounts.byId(attempt.mountId) ?? this.#c.mounts.overlapping(attempt.tempUfsPath);
    const at = mount === undefined ? undefined : relativeUfsUri(attempt.tempUfsPath, mount.ufsUri);
    if (mount !== undefined && at !== undefined) await mount.store.removeFile(at);
  }
}

/**
 * A move that the store did without confirming it counts. Directories that the namespace believes in may be missing in the store,
 * removed there by others.
 */
async function moveInto(mount: Mount, from: string, to: string): Promise<void> {
  const { store } = mount;
  try {
    await store.rename(from, to, { overwrite: true });
  } catch (error) {
    if (await hasMoved(mount, from, to)) return;
    const parent = to.slice(0, Math.max(0, to.lastIndexOf('/')));
    if (kindOf(error) !== 'notFound' || (await store.status(parent)) !== undefined) throw error;
    await store.makeDirectory(parent);
    await store.rename(from, to, { overwrite: true });
  }
}
