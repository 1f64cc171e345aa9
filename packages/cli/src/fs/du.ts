import type { FileStatus } from '@alluvium/client';
import { JsonList } from '../output/json-list.js';
import { formatSize, percentOf } from '../output/size.js';
import { formatRow, left } from '../output/table.js';
import type { Session } from '../session.js';

export interface DuOptions {
  readonly human?: boolean;
  readonly summarize?: boolean;
  readonly memory?: boolean;
  /** What each worker has, too. */
  readonly workers?: boolean;
}

interface Usage {
  readonly path: string;
  lengthBytes: bigint;
  inAlluxioBytes: bigint;
  inMemoryBytes: bigint;
  /** By host. A block with copies on several workers counts on each. */
  readonly bytesByWorker: Map<string, bigint>;
}

export async function du(session: Session, [paths]: readonly [readonly string[]], options: DuOptions): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  const table = new Table(options);
  if (json === undefined) await session.print(table.header());
  const show = async (usage: Usage): Promise<void> => {
    if (json !== undefined) return json.add({ ...usage, bytesByWorker: Object.fromEntries(usage.bytesByWorker) });
    for (const line of table.rows(usage)) await session.print(line);
  };
  await session.forEachPath(paths, async (path, fileSystem) => {
    const sum = newUsage(path);
    for await (const status of fileSystem.list(path, { recursive: true, signal: session.signal })) {
      if (status.folder) continue;
      const usage = options.summarize === true ? sum : newUsage(status.path);
      add(usage, status);
      if (usage !== sum) await show(usage);
    }
    if (options.summarize === true) await show(sum);
  });
  await json?.end();
}

const newUsage = (path: string): Usage => ({ path, lengthBytes: 0n, inAlluxioBytes: 0n, inMemoryBytes: 0n, bytesByWorker: new Map() });

function add(usage: Usage, status: FileStatus): void {
  usage.lengthBytes += status.lengthBytes;
  usage.inAlluxioBytes += (status.lengthBytes * BigInt(status.inAlluxioPercentage)) / 100n;
  usage.inMemoryBytes += (status.lengthBytes * BigInt(status.inMemoryPercentage)) / 100n;
  for (const { lengthBytes, locations } of status.blocks)
    for (const { host } of locations) usage.bytesByWorker.set(host, (usage.bytesByWorker.get(host) ?? 0n) + lengthBytes);
}

/** Columns of Alluxio's shell, which scripts cut at. */
class Table {
  readonly #options: DuOptions;

  constructor(options: DuOptions) {
    this.#options = options;
  }

  header(): string {
    return this.#row('File Size', 'In Alluxio', 'In Memory', 'Worker Host Name', 'Path');
  }

  rows(usage: Usage): string[] {
    const share = (bytes: bigint): string => `${this.#size(bytes)} (${percentOf(bytes, usage.lengthBytes)}%)`;
    const rows = [this.#row(this.#size(usage.lengthBytes), share(usage.inAlluxioBytes), share(usage.inMemoryBytes), 'total', usage.path)];
    if (this.#options.workers !== true) return rows;
    const hosts = [...usage.bytesByWorker].sort(([a], [b]) => (a < b ? -1 : 1));
    return [...rows, ...hosts.map(([host, bytes]) => this.#row('', this.#size(bytes), '', host, ''))];
  }

  #row(length: string, cached: string, inMemory: string, worker: string, path: string): string {
    const cells = [
      { column: left(14), text: length },
      { column: left(17), text: cached },
      ...(this.#options.memory === true ? [{ column: left(17), text: inMemory }] : []),
      ...(this.#options.workers === true ? [{ column: left(26), text: worker }] : []),
    ];
    return formatRow(
      cells.map(({ column }) => column),
      [...cells.map(({ text }) => text), path],
    );
  }

  #size(bytes: bigint): string {
    return this.#options.human === true ? formatSize(bytes) : String(bytes);
  }
}
