import { copy } from '../copy/copy.js';
import { localPathOf, Places, splitPaths } from '../copy/places.js';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export interface CpOptions {
  readonly recursive?: boolean;
  /** The same, by its other name. */
  readonly r?: boolean;
  readonly overwrite?: boolean;
  readonly preserve?: boolean;
  readonly thread: number;
}

export async function cp(session: Session, [paths]: readonly [readonly string[]], options: CpOptions): Promise<void> {
  const { sources, target } = splitPaths(paths);
  const places = new Places(session);
  const fromHere = sources.filter((source) => localPathOf(source) !== undefined);
  const toHere = localPathOf(target) !== undefined;
  if (fromHere.length > 0 && (toHere || fromHere.length < sources.length))
    throw new UsageError('either all sources or the destination may be file://, not both');
  if (options.preserve === true && (toHere || fromHere.length > 0)) throw new UsageError('--preserve is for copies within the cluster');
  const from = fromHere.length > 0 ? sources.map((source) => places.local(source)) : await places.clusterSources(sources);
  const to = toHere ? places.local(target) : await places.cluster(target);
  await copy(session, from, to, {
    recursive: options.recursive === true || options.r === true,
    overwrite: options.overwrite === true,
    preserve: options.preserve === true,
    parallelism: options.thread,
  });
}
