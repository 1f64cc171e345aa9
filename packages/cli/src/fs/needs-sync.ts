import type { Session } from '../session.js';

export async function needsSync(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  await session.forEachPath(paths, (path, fileSystem) => fileSystem.sync.needsSync(path, { signal: session.signal }));
}
