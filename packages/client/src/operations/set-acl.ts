import { normalPath } from '@alluvium/base';
import { fileSystemMaster } from '@alluvium/wire';
import { aclEntryMessage } from '../acl.js';
import type { AclChange, SetAclOptions } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function setAcl({ master }: ClientContext, path: string, change: AclChange, options: SetAclOptions = {}): Promise<void> {
  const { recursive = false, signal } = options;
  const entries = 'entries' in change ? change.entries.map(aclEntryMessage) : [];
  const request = {
    path: normalPath(path),
    action: fileSystemMaster.SetAclAction[change.action],
    entries,
    options: { recursive, commonOptions: COMMON },
  };
  await master.unary(fileMethods.setAcl, request, signal);
}
