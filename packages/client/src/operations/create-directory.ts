import { normalPath } from '@alluvium/base';
import type { CreateDirectoryOptions } from '../file-system.js';
import { modeMessage, onceOnly, writeTypeMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import { unlessAborted } from '../abort.js';
import type { ClientContext } from './context.js';

export async function createDirectory(context: ClientContext, path: string, options: CreateDirectoryOptions = {}): Promise<void> {
  const { recursive = false, allowExists = false, mode = 0o755, signal } = options;
  const writeType = options.writeType ?? (await unlessAborted(context.defaults.get(path), signal)).writeType;
  const request = {
    path: normalPath(path),
    options: {
      recursive,
      allowExists,
      mode: modeMessage(mode),
      writeType: writeTypeMessage(writeType),
      commonOptions: onceOnly(context.random),
    },
  };
  await context.master.unary(fileMethods.createDirectory, request, signal);
}
