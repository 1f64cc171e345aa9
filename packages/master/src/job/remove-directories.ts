// The end of a move: directories of the source that are empty now go, the deepest first. What still has something in it stays.
import { joinPath, kindOf, type NormalPath } from '@alluvium/base';
import type { DirectoryInode } from '@alluvium/metastore';
import { remove } from '../file/operations/remove.js';
import { targetOf } from '../file/walk.js';
import { Pace } from '../task/pace.js';
import type { JobRun } from './job-run.js';

export async function removeEmptyDirectories(run: JobRun): Promise<void> {
  const { c, spec } = run;
  const root = targetOf(c.tree.walk(spec.path));
  if (root?.kind === 'directory') await removeBelow(run, root, spec.path, new Pace(c.clock));
}

async function removeBelow(run: JobRun, directory: DirectoryInode, path: NormalPath, pace: Pace): Promise<void> {
  const { c, spec, signal } = run;
  signal.throwIfAborted();
  for (let last: string | undefined; ;) {
    const child = nextDirectory(run, directory, last);
    if (child === undefined) break;
    last = child.name;
    if (pace.spent()) await pace.rest();
    await removeBelow(run, child, joinPath(path, child.name), pace);
  }
  const now = targetOf(c.tree.walk(path));
  if (now?.id !== directory.id || c.tree.childCount(directory.id) > 0) return;
  try {
    await remove(c, { path }, spec.user, directory.id);
  } catch (error) {
    // Not empty any more, a mount point, or not to be removed by this user: it stays, as an empty directory may.
    c.log.debug('an empty directory of a move stays', { path, kind: kindOf(error) });
    if (!c.committer.accepting) throw error;
  }
}

function nextDirectory({ c }: JobRun, directory: DirectoryInode, after: string | undefined): DirectoryInode | undefined {
  for (const child of c.tree.children(directory.id, after)) if (child.kind === 'directory') return child;
  return undefined;
}
