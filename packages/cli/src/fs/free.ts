import { fail, sleep } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import type { Session } from '../session.js';

/** A master may answer before its workers have removed the copies. */
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 1000;
const TIMEOUT_MS = 10_000;

export async function free(session: Session, [paths]: readonly [readonly string[]], options: { readonly force?: boolean }): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await freeUntilGone(session, fileSystem, path, options.force === true);
    await session.print(`${path} was successfully freed from Alluxio space.`);
  });
}

/** Frees a path until its copies are gone: one that is being read may come back in between. A directory is asked for once. */
async function freeUntilGone(session: Session, fileSystem: FileSystem, path: NormalPath, forced: boolean): Promise<void> {
  const { clock } = session.context;
  const deadline = clock.monotonicMs() + TIMEOUT_MS;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
    await fileSystem.free(path, { recursive: true, forced, signal: session.signal });
    const { inAlluxioPercentage } = await fileSystem.status(path, { signal: session.signal });
    if (inAlluxioPercentage === 0) return;
    if (clock.monotonicMs() >= deadline)
      throw fail('deadlineExceeded', `Cannot free "${path}": ${inAlluxioPercentage}% of it are still cached; somebody may be reading it`);
    await sleep(clock, pollMs, session.signal);
  }
}
