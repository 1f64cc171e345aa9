import type { Session } from '../session.js';
import { printFile, smallerOf } from './print-file.js';

export async function head(session: Session, [text]: readonly [string], options: { readonly bytes: number }): Promise<void> {
  await session.forEachPath([text], (path, fileSystem) =>
    printFile(session, fileSystem, path, (length) => ({ offset: 0n, length: smallerOf(length, BigInt(options.bytes)) })),
  );
}
