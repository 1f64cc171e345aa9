import type { Session } from '../session.js';

export async function chmod(
  session: Session,
  [mode, paths]: readonly [number, readonly string[]],
  options: { readonly recursive?: boolean },
): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { mode, recursive: options.recursive === true, signal: session.signal });
    await session.print(`Changed permission of ${path} to ${mode.toString(8)}`);
  });
}
