import type { Session } from '../session.js';

export async function unmount(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.unmount(path, { signal: session.signal });
    await session.print(`Unmounted ${path}`);
  });
}
