import type { UfsMode } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

const MODES: ReadonlyMap<string, UfsMode> = new Map([
  ['noaccess', 'NO_ACCESS'],
  ['readonly', 'READ_ONLY'],
  ['readwrite', 'READ_WRITE'],
]);

export async function ufs(session: Session, [uri]: readonly [string], options: { readonly mode: string }): Promise<void> {
  const mode = MODES.get(options.mode);
  if (mode === undefined) throw new UsageError(`--mode is noAccess, readOnly or readWrite, not "${options.mode}"`);
  if (!/^(?:[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]*)?\/*$/.test(uri) || uri === '')
    throw new UsageError('The ufs path should have only scheme and authority but no path.');
  const { admin } = await session.fileSystem();
  await admin.setUfsMode(uri, mode, { signal: session.signal });
  await session.print('Ufs mode updated');
}
