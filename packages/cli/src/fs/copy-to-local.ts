import { copy } from '../copy/copy.js';
import { Places, splitPaths } from '../copy/places.js';
import type { Session } from '../session.js';

export interface CopyOptions {
  readonly overwrite?: boolean;
  readonly thread: number;
}

export async function copyToLocal(session: Session, [paths]: readonly [readonly string[]], options: CopyOptions): Promise<void> {
  const { sources, target } = splitPaths(paths);
  const places = new Places(session);
  const from = await places.clusterSources(sources);
  await copy(session, from, places.local(target), {
    recursive: true,
    overwrite: options.overwrite === true,
    parallelism: options.thread,
  });
}
