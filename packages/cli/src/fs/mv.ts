import type { Session } from '../session.js';

export async function mv(session: Session, [from, to]: readonly [string, string]): Promise<void> {
  const [source, destination] = [session.path(from), session.path(to)];
  await (await session.fileSystem()).rename(source, destination, { signal: session.signal });
  await session.print(`Renamed ${source} to ${destination}`);
}
