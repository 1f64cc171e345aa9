import type { Session } from '../session.js';

export async function journalCheckpoint(session: Session): Promise<void> {
  const host = await (await session.fileSystem()).admin.checkpoint({ signal: session.signal });
  await session.print(`Successfully took a checkpoint on master ${host}`);
}
