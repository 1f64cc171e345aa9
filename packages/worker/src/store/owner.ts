// Which cluster the blocks of a storage directory belong to. Block ids are given anew by every cluster: a block of another one
// would be served as the bytes of a file that happens to have its id.
import { kindOf } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import type { Layout } from './layout.js';

/** Undefined where no cluster has been noted. */
export async function readOwner(disk: Disk, layout: Layout): Promise<string | undefined> {
  try {
    return (await disk.readFile(layout.owner)).toString('utf8').trim();
  } catch (error) {
    if (kindOf(error) === 'notFound') return undefined;
    throw error;
  }
}

export async function writeOwner(disk: Disk, layout: Layout, cluster: string): Promise<void> {
  const temporary = `${layout.owner}.tmp`;
  {
    await using file = await disk.open(temporary, 'write');
    await file.write([Buffer.from(`${cluster}\n`)], 0);
    await file.sync();
  }
  await disk.rename(temporary, layout.owner);
  await disk.syncDirectory(layout.sidecars);
}
