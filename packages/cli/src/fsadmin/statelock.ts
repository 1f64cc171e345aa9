import type { Session } from '../session.js';

export async function statelock(session: Session): Promise<void> {
  const holders = await (await session.fileSystem()).admin.lockHolders({ signal: session.signal });
  if (session.json) return session.printJson(holders);
  for (const line of holders) await session.print(line);
}
