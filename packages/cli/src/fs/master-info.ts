import type { Session } from '../session.js';

export async function leader(session: Session): Promise<void> {
  const master = await (await session.fileSystem()).admin.master({ signal: session.signal });
  const host = master.leader.replace(/:\d+$/, '');
  if (session.json) return session.printJson({ leader: host });
  await session.print(host);
}

export async function masterInfo(session: Session): Promise<void> {
  const { leader: leading, masters } = await (await session.fileSystem()).admin.master({ signal: session.signal });
  if (session.json) return session.printJson({ leader: leading, masters });
  await session.print(`Current leader master: ${leading}`);
  await session.print(`All masters: [${masters.map(({ address }) => address).join(', ')}]`);
}
