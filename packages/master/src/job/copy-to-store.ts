// The bytes of a copy that is not to be cached: a worker reads them wherever they are, block by block, and writes a temporary file of
// the target's store, which then gets the target's name.
import { fail, messageOf, randomId63, randomUuid, type InodeId, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import { PERSIST_DIRECTORY } from '../file/load-metadata.js';
import { putInPlace } from '../file/put-in-place.js';
import type { Mount } from '../mount/mount.js';
import { relativeUfsUri } from '../mount/ufs-uri.js';
import type { JobRun } from './job-run.js';
import { budgetOf, ordered, sourceOf } from './order-block.js';

/**
 * Writes the file for the incomplete target. It may have been written by an attempt that was cut off: it is then written again, and
 * takes the place of the first one.
 */
export async function copyToStore(run: JobRun, file: FileInode, target: NormalPath, id: InodeId): Promise<void> {
  const { c } = run;
  const mount = c.mounts.resolve(target);
  await run.withWorker({}, async (worker) => {
    const temporary = await nameAttempt(run, mount, id);
    try {
      const made = requireTarget(run, target, id);
      const { owner, group, mode } = made;
      const blocks = file.blocks.map((_, index) => sourceOf(run, file, index));
      const request = { fileId: id, mountId: mount.id, ufsPath: temporary, length: BigInt(file.length), blocks, owner, group, mode };
      await ordered(run, worker, file.length, (signal) => run.parts.storeWriter.write(worker, { ...request, ...budgetOf(run) }, signal));
      await place(run, file, target, id, mount, temporary);
    } catch (error) {
      await removeTemporary(run, mount, temporary);
      throw error;
    }
  });
}

/** What lies in the store before it has its name is noted in the inode, so that the sweep of what is left over spares it. */
async function nameAttempt(run: JobRun, mount: Mount, id: InodeId): Promise<string> {
  const { c } = run;
  const before = c.tree.get(id);
  if (before?.kind === 'file' && before.tempUfsPath !== '') await removeTemporary(run, mount, before.tempUfsPath);
  const temporary = `${mount.ufsUri}/${PERSIST_DIRECTORY}/${id}.alluxio.${c.clock.nowMs()}.${randomUuid(c.random)}.tmp`;
  await c.committer.commit([{ updateInodeFile: { id, persistJobId: randomId63(c.random), tempUfsPath: temporary } }]);
  return temporary;
}

function requireTarget({ c }: JobRun, target: NormalPath, id: InodeId): FileInode {
  const inode = c.tree.get(id);
  if (inode?.kind !== 'file' || inode.completed || c.tree.pathOf(id) !== target)
    throw fail('failedPrecondition', `"${target}" was removed, renamed or completed while it was written`);
  return inode;
}

async function place(run: JobRun, file: FileInode, target: NormalPath, id: InodeId, mount: Mount, temporary: string): Promise<void> {
  const { c } = run;
  const from = relativeUfsUri(temporary, mount.ufsUri)!;
  await c.locks.hold([{ path: target, mode: 'WRITE_EDGE' }], async () => {
    const inode = requireTarget(run, target, id);
    if (c.mounts.resolve(target).id !== mount.id) throw fail('failedPrecondition', `Another store is mounted at "${target}" by now`);
    await putInPlace(c, { ...inode, length: file.length }, target, mount, {
      from,
      mayBeThere: true,
      moving: () => undefined,
      setAside: () => undefined,
    });
    c.absent.forget(target);
    await c.committer.commit([{ updateInodeFile: { id, persistJobId: -1n, tempUfsPath: '' } }]);
  });
}

/** What stays is swept when it is old. */
async function removeTemporary({ c }: JobRun, mount: Mount, temporary: string): Promise<void> {
  try {
    const at = relativeUfsUri(temporary, mount.ufsUri);
    if (at !== undefined) await mount.store.removeFile(at);
  } catch (error) {
    c.log.debug('temporary file of a copy not removed', { path: temporary, reason: messageOf(error) });
  }
}
