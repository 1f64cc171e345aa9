import { fail, normalPath } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { requireFound } from '../walk.js';

const { PAclEntryType, SetAclAction } = fs;

/** SetAcl: the request is checked; extended entries cannot be set yet. */
export function setAcl(c: FileContext, request: fs.SetAclPRequest, user: string): fs.SetAclPResponse {
  const walk = c.tree.walk(normalPath(request.path ?? ''));
  c.permissions.requireTraverse(user, walk);
  requireFound(walk);
  c.permissions.requireOwner(user, walk);
  for (const { type } of request.action === SetAclAction.REMOVE ? (request.entries ?? []) : []) {
    if (type === PAclEntryType.Owner || type === PAclEntryType.OwningGroup || type === PAclEntryType.Other) {
      throw fail('invalidArgument', `Cannot remove the entries of owner, owning group or others from the ACL of ${walk.path}`);
    }
  }
  throw fail('unimplemented', 'Access control lists cannot be set yet');
}
