import type { Session } from '../session.js';

export async function mkdir(
  session: Session,
  [paths]: readonly [readonly string[]],
  options: { readonly parents?: boolean },
): Promise<void> {
  const fileSystem = await session.fileSystem();
  for (const text of paths) {
    const path = session.path(text);
    await session.attempt(path, async () => {
      await fileSystem.createDirectory(path, { recursive: true, allowExists: options.parents === true, signal: session.signal });
      await session.print(`Successfully created directory ${path}`);
    });
  }
}
