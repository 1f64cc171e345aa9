import { fail, messageOf } from '@alluvium/base';
import type { Session } from '../session.js';

export interface RmOptions {
  readonly recursive?: boolean;
  /** The same, by its other name. */
  readonly r?: boolean;
  readonly alluxioOnly?: boolean;
  /** `-U`: unchecked. */
  readonly U?: boolean;
  readonly deleteMountPoint?: boolean;
  /** The parent is synced next time. */
  readonly s?: boolean;
}

export async function rm(session: Session, [paths]: readonly [readonly string[]], options: RmOptions): Promise<void> {
  const recursive = options.recursive === true || options.r === true;
  const alluxioOnly = options.alluxioOnly === true;
  await session.forEachPath(paths, async (path, fileSystem) => {
    if (!recursive && (await fileSystem.status(path, { signal: session.signal })).folder)
      throw fail('failedPrecondition', `Cannot remove "${path}": it is a directory; rm -R removes it with everything below`);
    const how = {
      recursive,
      alluxioOnly,
      unchecked: options.U === true,
      deleteMountPoints: options.deleteMountPoint === true,
      syncParentNextTime: options.s === true,
    };
    await fileSystem.remove(path, { ...how, signal: session.signal }).catch((error: unknown) => {
      throw isAboutMount(error)
        ? fail(
            'failedPrecondition',
            `Cannot remove "${path}": it is or contains a mount point; unmount it first; --deleteMountPoint removes what is in its store too`,
          )
        : error;
    });
    await session.print(`${path} has been removed${alluxioOnly ? ' only from Alluxio space' : ''}`);
  });
}

/** A master names an option of Alluxio's shell there. */
function isAboutMount(error: unknown): boolean {
  return /contains a mount point/.test(messageOf(error));
}
