import { normalPath } from '@alluvium/base';
import type { RenameOptions } from '../file-system.js';
import { onceOnly } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function rename({ master, random }: ClientContext, from: string, to: string, how: RenameOptions = {}): Promise<void> {
  const { overwrite = false, signal } = how;
  const options = {
    persist: false,
    commonOptions: onceOnly(random),
    // Made for the gateway of S3, whose clients replace objects; nothing else on the wire says it.
    ...(overwrite && { s3SyntaxOptions: { overwrite: true, isMultipartUpload: false } }),
  };
  await master.unary(fileMethods.rename, { path: normalPath(from), dstPath: normalPath(to), options }, signal);
}
