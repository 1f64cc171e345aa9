import type { Session } from '../session.js';
import { printFile } from './print-file.js';

export async function cat(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  await session.forEachPath(paths, (path, fileSystem) => printFile(session, fileSystem, path, (length) => ({ offset: 0n, length })));
}
