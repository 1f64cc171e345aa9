import { fail } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import type { Session } from '../session.js';

/** Prints a part of a file, `choose` says which from the length. */
export async function printFile(
  session: Session,
  fileSystem: FileSystem,
  path: NormalPath,
  choose: (lengthBytes: bigint) => { readonly offset: bigint; readonly length: bigint },
): Promise<void> {
  const file = await fileSystem.open(path, { signal: session.signal });
  try {
    if (file.status.folder) throw fail('invalidArgument', `Path "${path}" must be a file.`);
    const range = choose(file.status.lengthBytes);
    for await (const chunk of file.chunks({ ...range, signal: session.signal })) await session.printBytes(chunk);
  } finally {
    await file.close();
  }
}

export const smallerOf = (a: bigint, b: bigint): bigint => (a < b ? a : b);
