import { fail, normalPath } from '@alluvium/base';
import type { OpenOptions } from '../file-system.js';
import { unlessAborted } from '../abort.js';
import type { ClientContext } from '../operations/context.js';
import { fileInfoToRead } from '../operations/get-status.js';
import { statusFromInfo } from '../status-from-info.js';
import { FileReader } from './file-reader.js';
import { OpenBlocks } from './open-blocks.js';
import type { ReadableFile } from './readable-file.js';

/** `invalidArgument` for a directory, `failedPrecondition` for a file that is still being written. */
export async function openFile(context: ClientContext, path: string, { readType, signal }: OpenOptions = {}): Promise<ReadableFile> {
  const info = await fileInfoToRead(context, path, signal);
  const status = statusFromInfo(info);
  if (status.folder) throw fail('invalidArgument', `Cannot open "${normalPath(path)}": it is a directory; a file is wanted`);
  if (!status.completed)
    throw fail('failedPrecondition', `Cannot open "${normalPath(path)}": it is still being written; it opens once complete`);
  const settings = await unlessAborted(context.defaults.get(path), signal);
  return new FileReader(context, status, new OpenBlocks(context, info, readType ?? settings.readType, settings));
}
