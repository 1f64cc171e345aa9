import { JsonList } from '../output/json-list.js';
import type { Session } from '../session.js';

export async function location(session: Session, [paths]: readonly [readonly string[]]): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(paths, async (path, fileSystem) => {
    const status = await fileSystem.status(path, { signal: session.signal });
    if (json !== undefined) return json.add({ path, fileId: status.fileId, blocks: status.blocks });
    await session.print(`${path} with file id ${status.fileId} is on nodes:`);
    const hosts = new Set(status.blocks.flatMap((block) => block.locations.map((place) => place.host)));
    for (const host of [...hosts].sort()) await session.print(host);
  });
  await json?.end();
}
