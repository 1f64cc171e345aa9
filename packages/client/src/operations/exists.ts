import { normalPath } from '@alluvium/base';
import type { StatusOptions } from '../file-system.js';
import { commonSynced, loadMetadataMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';
import { mayBeCached } from './get-status.js';

export async function exists({ master, cache }: ClientContext, path: string, asked: StatusOptions = {}): Promise<boolean> {
  if (cache !== undefined && mayBeCached(asked) && cache.get(normalPath(path)) !== undefined) return true;
  const { loadMetadata, syncIntervalMs, signal } = asked;
  const options = { loadMetadataType: loadMetadataMessage(loadMetadata), commonOptions: commonSynced(syncIntervalMs) };
  const request = { path: normalPath(path), options };
  return (await master.unary(fileMethods.exists, request, signal)).exists ?? false;
}
