import type { NormalPath } from '@alluvium/base';
import type { FileStatus, FileSystem } from '@alluvium/client';
import type { ModeChange } from '../mode-change.js';
import type { Session } from '../session.js';

export async function chmod(
  session: Session,
  [change, paths]: readonly [ModeChange, readonly string[]],
  options: { readonly recursive?: boolean },
): Promise<void> {
  const recursive = options.recursive === true;
  await session.forEachPath(paths, async (path, fileSystem) => {
    const { absolute } = change;
    if (absolute !== undefined) await fileSystem.setAttribute(path, { mode: absolute, recursive, signal: session.signal });
    else await changeEach(session, fileSystem, path, change, recursive);
    await session.print(`Changed permission of ${path} to ${change.text}`);
  });
}

/**
 * A change that depends on what was before: one inode after the other. Files as they are listed, then directories from below, so that
 * taking the way into a directory leaves nothing in it behind.
 */
async function changeEach(
  session: Session,
  fileSystem: FileSystem,
  path: NormalPath,
  change: ModeChange,
  recursive: boolean,
): Promise<void> {
  const { signal } = session;
  const apply = async (status: FileStatus): Promise<void> => {
    const mode = change.of(status);
    if (mode !== status.mode) await fileSystem.setAttribute(status.path, { mode, signal });
  };
  const top = await fileSystem.status(path, { signal });
  const directories: FileStatus[] = [];
  if (recursive && top.folder) {
    for await (const status of fileSystem.list(path, { recursive, signal })) {
      if (status.folder) directories.push(status);
      else await apply(status);
    }
  }
  for (const status of directories.toReversed()) await apply(status);
  await apply(top);
}
