import { invariant } from '@alluvium/base';
import type { LockClaim } from '../../lock/lock-table.js';
import type { FileContext } from '../context.js';
import { renameClaims } from '../rename-claims.js';
import { settleAttributes } from './settle-attributes.js';
import { settleDirectories } from './settle-directories.js';
import { settleOverwrite } from './settle-overwrite.js';
import { settleRemoval } from './settle-removal.js';
import { settleRename } from './settle-rename.js';
import type { StoreIntent } from './store-intents.js';

/**
 * Brings store and namespace into agreement after an operation that was cut off between the two, and ends its intent. The caller
 * holds {@link claimsOf} it. Throws when the store does not say, or refuses; to be repeated then, which does no harm.
 */
export async function settleIntent(c: FileContext, intent: StoreIntent): Promise<void> {
  switch (intent.kind) {
    case 'RENAME':
      return settleRename(c, intent);
    case 'REMOVE':
      return settleRemoval(c, intent);
    case 'OVERWRITE':
      return settleOverwrite(c, intent);
    case 'MAKE_DIRECTORIES':
      return settleDirectories(c, intent);
    case 'SET_ATTRIBUTE':
      return settleAttributes(c, intent);
  }
}

/** What has to be held while the intent is settled: at least what its operation held of it. */
export function claimsOf({ kind, path, target }: StoreIntent): LockClaim[] {
  if (kind === 'SET_ATTRIBUTE') return [{ path, mode: 'WRITE_INODE' }];
  if (kind === 'OVERWRITE' && target !== undefined) return renameClaims(path, target);
  if (kind !== 'RENAME') return [{ path, mode: 'WRITE_EDGE' }];
  invariant(target !== undefined, 'The intent of a rename names no target');
  return renameClaims(path, target);
}
