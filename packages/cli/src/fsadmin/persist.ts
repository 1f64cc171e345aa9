import type { Session } from '../session.js';

export async function pausePersist(
  session: Session,
  [mountPoint]: readonly [string],
  { reason = '' }: { readonly reason?: string },
): Promise<void> {
  const path = session.path(mountPoint);
  await (await session.fileSystem()).pausePersist(path, reason, { signal: session.signal });
  await session.print(`Persistence to ${path} is paused; files wait in the cache until it is resumed`);
}

export async function resumePersist(session: Session, [mountPoint]: readonly [string]): Promise<void> {
  const path = session.path(mountPoint);
  await (await session.fileSystem()).resumePersist(path, { signal: session.signal });
  await session.print(`Persistence to ${path} goes on`);
}
