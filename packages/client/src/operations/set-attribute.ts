import { normalPath } from '@alluvium/base';
import { fileJournal, type fileSystemMaster } from '@alluvium/wire';
import type { SetAttributeOptions } from '../file-system.js';
import { modeMessage, ttlActionMessage, xattrMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

/** Only what is present acts, so nothing is filled in. */
export async function setAttribute({ master }: ClientContext, path: string, options: SetAttributeOptions): Promise<void> {
  const { recursive = false, owner, group, mode, pinned, ttlMs, ttlAction, xattr, xattrUpdate = 'TRUNCATE', signal } = options;
  const { pinnedMedia = [], replicationMin, replicationMax } = options;
  const message: fileSystemMaster.SetAttributePOptions = {
    recursive,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode: modeMessage(mode) }),
    ...(pinned === undefined ? {} : { pinned, pinnedMedia: [...pinnedMedia] }),
    ...(replicationMin === undefined ? {} : { replicationMin }),
    ...(replicationMax === undefined ? {} : { replicationMax }),
    ...(xattr === undefined ? {} : { xattr: xattrMessage(xattr), xattrUpdateStrategy: fileJournal.XAttrUpdateStrategy[xattrUpdate] }),
    commonOptions: {
      ...(ttlMs === undefined ? {} : { ttl: ttlMs }),
      ...(ttlAction === undefined ? {} : { ttlAction: ttlActionMessage(ttlAction) }),
    },
  };
  await master.unary(fileMethods.setAttribute, { path: normalPath(path), options: message }, signal);
}
