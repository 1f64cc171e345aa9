import { JsonList } from '../output/json-list.js';
import { formatSize, percentOf } from '../output/size.js';
import { formatRow, left } from '../output/table.js';
import type { Session } from '../session.js';

export interface DuOptions {
  readonly human?: boolean;
  readonly summarize?: boolean;
}

interface Usage {
  readonly path: string;
  readonly lengthBytes: bigint;
  readonly inAlluxioBytes: bigint;
}

const COLUMNS = [left(14), left(17)];

export async function du(session: Session, [paths]: readonly [readonly string[]], options: DuOptions): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  const size = (bytes: bigint): string => (options.human === true ? formatSize(bytes) : String(bytes));
  if (json === undefined) await session.print(formatRow(COLUMNS, ['File Size', 'In Alluxio', 'Path']));
  const show = async (usage: Usage): Promise<void> => {
    if (json !== undefined) return json.add(usage);
    const cached = `${size(usage.inAlluxioBytes)} (${percentOf(usage.inAlluxioBytes, usage.lengthBytes)}%)`;
    await session.print(formatRow(COLUMNS, [size(usage.lengthBytes), cached, usage.path]));
  };
  await session.forEachPath(paths, async (path, fileSystem) => {
    let lengthBytes = 0n;
    let inAlluxioBytes = 0n;
    for await (const status of fileSystem.list(path, { recursive: true, signal: session.signal })) {
      if (status.folder) continue;
      const cached = (status.lengthBytes * BigInt(status.inAlluxioPercentage)) / 100n;
      lengthBytes += status.lengthBytes;
      inAlluxioBytes += cached;
      if (options.summarize !== true) await show({ path: status.path, lengthBytes: status.lengthBytes, inAlluxioBytes: cached });
    }
    if (options.summarize === true) await show({ path, lengthBytes, inAlluxioBytes });
  });
  await json?.end();
}
