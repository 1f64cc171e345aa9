import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export async function syncDirNextTime(session: Session, [whether, paths]: readonly [string, readonly string[]]): Promise<void> {
  if (whether !== 'true' && whether !== 'false') throw new UsageError(`true or false is wanted, not ${whether}`);
  const load = whether === 'true';
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.sync.loadNextTime(path, load, { signal: session.signal });
    await session.print(`Successfully marked the dir ${path} to ${load ? 'trigger' : 'skip'} metadata sync on next access`);
  });
}
