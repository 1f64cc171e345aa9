import type { namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';

/** ListUfsModes: the stores whose mode is not READ_WRITE. As open to all as the mount table. */
export function listUfsModes(c: FileContext): ns.ListUfsModesReply {
  return { modes: [...c.mounts.modes()].map(([ufsRoot, mode]) => ({ ufsRoot, mode })) };
}
