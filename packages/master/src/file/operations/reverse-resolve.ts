import { fail } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';

/** ReverseResolve: the namespace path that shows an under-store URI. */
export function reverseResolve(c: FileContext, request: fs.ReverseResolvePRequest): fs.ReverseResolvePResponse {
  const uri = request.ufsUri ?? '';
  const path = uri === '' ? undefined : c.mounts.reverseResolve(uri);
  if (path === undefined) throw fail('invalidArgument', `${uri} is not a valid ufs uri`);
  return { alluxioPath: path };
}
