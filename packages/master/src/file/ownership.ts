import type { Inode } from '@alluvium/metastore';
import type { FileContext } from './context.js';

export interface Ownership {
  readonly owner: string;
  readonly group: string;
}

/**
 * Whose a new file or directory is: the caller's, and of his primary group. A caller without a group, or one who did not say who he is,
 * leaves it to the nearest directory above, unless `alluxio.master.metastore.inode.inherit.owner.and.group` is off.
 */
export function ownershipOf(c: FileContext, user: string, above: Inode): Ownership {
  const group = c.groupsOf(user)[0] ?? '';
  if (!c.options.inheritOwnership) return { owner: user, group };
  return { owner: user === '' ? above.owner : user, group: group === '' ? above.group : group };
}
