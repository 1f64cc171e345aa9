import type { CreateFileOptions } from '../file-system.js';
import type { ClientContext } from '../operations/context.js';
import { FileWriter } from './file-writer.js';
import { newFile } from './new-file.js';
import type { WritableFile } from './writable-file.js';

export async function createFile(context: ClientContext, path: string, options: CreateFileOptions = {}): Promise<WritableFile> {
  return new FileWriter(context, await newFile(context, path, options), options.signal);
}
