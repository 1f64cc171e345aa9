import type { AclChange, AclEntry } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

export interface SetfaclOptions {
  readonly default?: boolean;
  readonly recursive?: boolean;
  readonly set?: readonly AclEntry[];
  readonly modify?: readonly AclEntry[];
  readonly remove?: readonly AclEntry[];
  readonly removeAll?: boolean;
  readonly removeDefault?: boolean;
}

export async function setfacl(session: Session, [paths]: readonly [readonly string[]], options: SetfaclOptions): Promise<void> {
  const change = changeOf(options);
  const request = { recursive: options.recursive === true, signal: session.signal };
  await session.forEachPath(paths, (path, fileSystem) => fileSystem.setAcl(path, change, request));
}

function changeOf(options: SetfaclOptions): AclChange {
  const entries = (given: readonly AclEntry[]): readonly AclEntry[] =>
    options.default === true ? given.map((entry) => ({ ...entry, isDefault: true })) : given;
  const changes: AclChange[] = [];
  if (options.set !== undefined) changes.push({ action: 'REPLACE', entries: entries(options.set) });
  if (options.modify !== undefined) changes.push({ action: 'MODIFY', entries: entries(options.modify) });
  if (options.remove !== undefined) changes.push({ action: 'REMOVE', entries: entries(options.remove) });
  if (options.removeAll === true) changes.push({ action: 'REMOVE_ALL' });
  if (options.removeDefault === true) changes.push({ action: 'REMOVE_DEFAULT' });
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0) throw new UsageError('one of --set, -m, -x, -b and -k is wanted');
  return change;
}
