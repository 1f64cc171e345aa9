import { ExitStatus, EXIT } from '../exit-code.js';
import type { Session } from '../session.js';
import { sync } from './sync.js';

export interface CheckConsistencyOptions {
  readonly repair?: boolean;
}

export async function checkConsistency(session: Session, [text]: readonly [string], options: CheckConsistencyOptions): Promise<void> {
  const path = session.path(text);
  const inconsistent = await (await session.fileSystem()).sync.inconsistentPaths(path, { signal: session.signal });
  if (session.json) await session.printJson(inconsistent);
  else if (inconsistent.length === 0) await session.print(`${path} is consistent with the under storage system.`);
  else {
    await session.print('The following files are inconsistent:');
    for (const each of inconsistent) await session.print(each);
  }
  if (inconsistent.length === 0) return;
  if (options.repair === true) return sync(session, [[path]], { depth: 'all' });
  await session.flush();
  throw new ExitStatus(EXIT.failure);
}
