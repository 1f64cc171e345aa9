import type { CacheFigures, CacheUse, ReasonCount } from '@alluvium/client';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

/** Paths and users that are listed. */
const LISTED = 20;

/** Hits and misses: in all, by mount, path and user, and by reason. */
export async function reportCache(session: Session): Promise<void> {
  const options = session.json ? {} : { limit: LISTED };
  const report = await (await session.fileSystem()).admin.cacheUse({ ...options, signal: session.signal });
  if (session.json) return session.printJson(report);
  await session.print(`Bytes read by way of the workers since ${formatTime(report.sinceMs)}, and how many of them came from the cache:`);
  const tables = [
    useTable('', [{ ...report.total, name: 'all' }]),
    useTable('Mount', report.mounts),
    useTable('Path', report.paths),
    useTable('User', report.users),
    reasonTable('Read from the store because', report.misses),
    reasonTable('Blocks left because', report.left),
  ];
  for (const table of tables) for (const line of table) await session.print(line);
}

function useTable(kind: string, uses: readonly CacheUse[]): string[] {
  if (uses.length === 0) return [];
  const rows = uses.map(({ name, minute, hour, start }) => [name === '' ? '(others)' : name, text(minute), text(hour), text(start)]);
  return ['', ...formatTable([[kind, 'Last minute', 'Last hour', 'Since the start'], ...rows])];
}

/** `75% of 4096B`, or nothing where nothing was read. */
function text({ hitBytes, missBytes }: CacheFigures): string {
  const all = hitBytes + missBytes;
  return all === 0n ? '-' : `${(hitBytes * 100n) / all}% of ${formatSize(all)}`;
}

function reasonTable(title: string, counts: readonly ReasonCount[]): string[] {
  if (counts.length === 0) return [];
  return [
    '',
    ...formatTable([
      [title, 'Times', 'Bytes'],
      ...counts.map(({ reason, count, bytes }) => [words(reason), `${count}`, formatSize(bytes)]),
    ]),
  ];
}

/** `evictedOverQuota` as `evicted over quota`. */
function words(reason: string): string {
  return reason.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
