import { fail } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { ufsModeOf, updateUfsMode as modeEntry } from '../../mount/ufs-modes.js';
import { ufsRoot } from '../../mount/ufs-uri.js';
import type { FileContext } from '../context.js';

/**
 * UpdateUfsMode: what the master may do with a store from now on, for maintenance. What waits to be persisted there waits on. A 2.9.4
 * master lets anybody do this; here it takes a super user.
 */
export function updateUfsMode(c: FileContext, request: fs.UpdateUfsModePRequest, user: string): Promise<fs.UpdateUfsModePResponse> {
  c.permissions.requireSuper(user);
  const given = request.ufsPath ?? '';
  const number = request.options?.ufsMode;
  const mode = ufsModeOf(number === undefined ? undefined : number - 1);
  if (mode === undefined)
    throw fail('invalidArgument', `Cannot set the mode of "${given}" to ${number ?? 'nothing'}: NO_ACCESS, READ_ONLY or READ_WRITE wanted`);
  const root = ufsRoot(given);
  if (given === '' || !c.mounts.hasStore(root)) throw fail('invalidArgument', `Unknown Ufs path ${given === '' ? given : root}`);
  return c.committer.commit([modeEntry(root, mode)]).then(() => ({}));
}
