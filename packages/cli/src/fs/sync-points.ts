import type { Session } from '../session.js';

export async function startSync(session: Session, [text]: readonly [string]): Promise<void> {
  const path = session.path(text);
  await (await session.fileSystem()).admin.startSync(path, { signal: session.signal });
  await session.print(`Started automatic syncing of '${path}'.`);
}

export async function stopSync(session: Session, [text]: readonly [string]): Promise<void> {
  const path = session.path(text);
  await (await session.fileSystem()).admin.stopSync(path, { signal: session.signal });
  await session.print(`Stopped automatic syncing of '${path}'.`);
}

export async function getSyncPathList(session: Session): Promise<void> {
  const paths = await (await session.fileSystem()).admin.syncPaths({ signal: session.signal });
  if (session.json) return session.printJson(paths);
  await session.print('The following paths are under active sync');
  for (const path of paths) await session.print(path);
}
