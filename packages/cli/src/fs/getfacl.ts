import { entriesOf, formatEntry } from '../acl-entries.js';
import { JsonList } from '../output/json-list.js';
import type { Session } from '../session.js';

export async function getfacl(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(paths, async (path, fileSystem) => {
    const status = await fileSystem.status(path, { signal: session.signal });
    const entries = entriesOf(status).map(formatEntry);
    if (json !== undefined) return json.add({ path: status.path, owner: status.owner, group: status.group, entries });
    for (const line of [`# file: ${status.path}`, `# owner: ${status.owner}`, `# group: ${status.group}`, ...entries])
      await session.print(line);
  });
  await json?.end();
}
