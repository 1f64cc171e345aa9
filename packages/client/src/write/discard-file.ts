import { kindOf } from '@alluvium/base';
import { fileInfoOf } from '../operations/get-status.js';
import { remove } from '../operations/remove.js';
import type { ClientContext } from '../operations/context.js';
import type { NewFile } from './new-file.js';

/** Removes a file that was not completed; what is another file by now, or has become whole, stays. */
export async function discardFile(context: ClientContext, { path, info }: NewFile): Promise<void> {
  try {
    const now = await fileInfoOf(context, path, { loadMetadata: 'NEVER' });
    if (now.fileId !== info.fileId || now.completed === true) return;
    await remove(context, path);
  } catch (error) {
    if (kindOf(error) !== 'notFound') throw error;
  }
}
