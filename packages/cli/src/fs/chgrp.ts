import type { Session } from '../session.js';

export async function chgrp(
  session: Session,
  [group, paths]: readonly [string, readonly string[]],
  options: { readonly recursive?: boolean },
): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    await fileSystem.setAttribute(path, { group, recursive: options.recursive === true, signal: session.signal });
    await session.print(`Changed group of ${path} to ${group}`);
  });
}
