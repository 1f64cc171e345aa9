import type { Session } from '../session.js';

export async function getCapacityBytes(session: Session): Promise<void> {
  const { capacityBytes } = await (await session.fileSystem()).admin.capacity({ signal: session.signal });
  await (session.json ? session.printJson({ capacityBytes }) : session.print(`Capacity Bytes: ${capacityBytes}`));
}

export async function getUsedBytes(session: Session): Promise<void> {
  const { usedBytes } = await (await session.fileSystem()).admin.capacity({ signal: session.signal });
  await (session.json ? session.printJson({ usedBytes }) : session.print(`Used Bytes: ${usedBytes}`));
}
