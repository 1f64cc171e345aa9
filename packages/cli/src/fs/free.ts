import type { Session } from '../session.js';

export async function free(session: Session, [paths]: readonly [readonly string[]], options: { readonly force?: boolean }): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.free(path, { recursive: true, forced: options.force === true, signal: session.signal });
    await session.print(`${path} was successfully freed from Alluxio space.`);
  });
}
