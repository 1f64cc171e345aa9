import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

const MEDIA: readonly string[] = ['MEM', 'SSD', 'HDD'];

/** Words that are no paths name the media that the copies are to be on. */
export async function pin(session: Session, [words]: readonly [readonly string[]]): Promise<void> {
  const paths = words.filter(isPath);
  const pinnedMedia = words.filter((word) => !isPath(word));
  const unknown = pinnedMedia.filter((medium) => !MEDIA.includes(medium));
  if (unknown.length > 0)
    throw new UsageError(`Invalid medium to pin the file. ${unknown.join(', ')} are invalid; valid are ${MEDIA.join(', ')}`);
  if (paths.length === 0) throw new UsageError('a path is wanted');
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { pinned: true, pinnedMedia, signal: session.signal });
    await session.print(`File '${path}' was successfully pinned.`);
  });
}

export async function unpin(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { pinned: false, signal: session.signal });
    await session.print(`File '${path}' was successfully unpinned.`);
  });
}

/** `/a/b`, or with a scheme. */
function isPath(word: string): boolean {
  return word.includes('/');
}
