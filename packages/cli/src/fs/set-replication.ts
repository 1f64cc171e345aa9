import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export interface SetReplicationOptions {
  readonly recursive?: boolean;
  readonly min?: number;
  readonly max?: number;
}

export async function setReplication(
  session: Session,
  [paths]: readonly [readonly string[]],
  options: SetReplicationOptions,
): Promise<void> {
  const { recursive = false, min, max } = options;
  if (min === undefined && max === undefined) throw new UsageError("At least one option of '--max' or '--min' must be specified");
  if (min !== undefined && max !== undefined && max !== -1 && min > max)
    throw new UsageError("Invalid values for '--max' and '--min' options");
  const wanted = {
    ...(min !== undefined && { replicationMin: min }),
    ...(max !== undefined && { replicationMax: max }),
  };
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { recursive, ...wanted, signal: session.signal });
    await session.print(`Changed the replication level of ${path}`);
    if (max !== undefined) await session.print(`replicationMax was set to ${max}`);
    if (min !== undefined) await session.print(`replicationMin was set to ${min}`);
  });
}
