import { normalPath } from '@alluvium/base';
import type { StatusOptions } from '../file-system.js';
import { COMMON, loadMetadataMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function exists({ master }: ClientContext, path: string, { loadMetadata, signal }: StatusOptions = {}): Promise<boolean> {
  const request = { path: normalPath(path), options: { loadMetadataType: loadMetadataMessage(loadMetadata), commonOptions: COMMON } };
  return (await master.unary(fileMethods.exists, request, signal)).exists ?? false;
}
