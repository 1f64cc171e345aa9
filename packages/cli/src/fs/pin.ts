import type { Session } from '../session.js';

export function pin(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  return setPinned(session, paths, true);
}

export function unpin(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  return setPinned(session, paths, false);
}

async function setPinned(session: Session, paths: readonly string[], pinned: boolean): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { pinned, signal: session.signal });
    await session.print(`File '${path}' was successfully ${pinned ? 'pinned' : 'unpinned'}.`);
  });
}
