import type { Session } from '../session.js';

export async function chown(
  session: Session,
  [{ owner, group }, paths]: readonly [{ readonly owner: string; readonly group: string | undefined }, readonly string[]],
  options: { readonly recursive?: boolean },
): Promise<void> {
  await session.forEachPath(paths, async (path, fileSystem) => {
    const attributes = { owner, ...(group !== undefined && { group }) };
    await fileSystem.setAttribute(path, { ...attributes, recursive: options.recursive === true, signal: session.signal });
    await session.print(
      group === undefined ? `Changed owner of ${path} to ${owner}` : `Changed owner:group of ${path} to ${owner}:${group}.`,
    );
  });
}
