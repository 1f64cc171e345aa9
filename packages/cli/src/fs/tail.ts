import type { Session } from '../session.js';
import { printFile, smallerOf } from './print-file.js';

export async function tail(session: Session, [text]: readonly [string], options: { readonly bytes: number }): Promise<void> {
  await session.forEachPath([text], (path, fileSystem) =>
    printFile(session, fileSystem, path, (lengthBytes) => {
      const length = smallerOf(lengthBytes, BigInt(options.bytes));
      return { offset: lengthBytes - length, length };
    }),
  );
}
