import type { Session } from '../session.js';
import type { MountCommandOptions } from './mount.js';

export async function updateMount(session: Session, [text]: readonly [string], options: MountCommandOptions): Promise<void> {
  const path = session.path(text);
  const fileSystem = await session.fileSystem();
  await fileSystem.updateMount(path, {
    readOnly: options.readonly === true,
    shared: options.shared === true,
    properties: options.option ?? {},
    signal: session.signal,
  });
  await session.print(`Updated mount point options at ${path}`);
}
