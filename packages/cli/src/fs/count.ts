import { JsonList } from '../output/json-list.js';
import { formatSize } from '../output/size.js';
import { formatRow, left } from '../output/table.js';
import type { Session } from '../session.js';

export interface CountOptions {
  readonly human?: boolean;
}

const COLUMNS = [left(25), left(25)];

export async function count(session: Session, [paths]: readonly [readonly string[]], options: CountOptions): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  if (json === undefined) await session.print(formatRow(COLUMNS, ['File Count', 'Folder Count', 'Folder Size']));
  await session.forEachPath(paths, async (path, fileSystem) => {
    let files = 0;
    let folders = 0;
    let bytes = 0n;
    for await (const status of fileSystem.list(path, { recursive: true, signal: session.signal })) {
      if (status.folder) folders++;
      else files++;
      if (!status.folder) bytes += status.lengthBytes;
    }
    if (json !== undefined) return json.add({ path, files, folders, lengthBytes: bytes });
    const size = options.human === true ? formatSize(bytes) : String(bytes);
    await session.print(formatRow(COLUMNS, [String(files), String(folders), size]));
  });
  await json?.end();
}
