import type { Session } from '../session.js';

export async function touch(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  const fileSystem = await session.fileSystem();
  for (const text of paths) {
    const path = session.path(text);
    await session.attempt(path, async () => {
      const file = await fileSystem.create(path, { signal: session.signal });
      await file.close();
      await session.print(`${path} has been created`);
    });
  }
}
