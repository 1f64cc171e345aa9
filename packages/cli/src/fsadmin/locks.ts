import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

export async function locks(session: Session): Promise<void> {
  const found = await (await session.fileSystem()).admin.locks({ signal: session.signal });
  if (session.json) return session.printJson(found);
  const rows = found.map(({ path, mode, held, operation, user, sinceMs }) => [
    held ? 'held' : 'waits',
    mode,
    operation,
    user,
    formatTime(sinceMs),
    path,
  ]);
  if (rows.length === 0) return session.print('No operation waits for an under store, or for one that does.');
  for (const line of formatTable([['State', 'Mode', 'Operation', 'User', 'Since', 'Path'], ...rows])) await session.print(line);
}
