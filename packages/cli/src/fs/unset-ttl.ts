import type { Session } from '../session.js';

export async function unsetTtl(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { ttlMs: -1n, signal: session.signal });
    await session.print(`TTL of file '${path}' was successfully removed.`);
  });
}
