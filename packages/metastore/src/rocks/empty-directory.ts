// The directory of a metastore is emptied when it is opened. A file in it says that it may be.
import { fail } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';

const MARKER = 'ALLUVIUM-METASTORE';
const TEXT =
  'The directory of a metastore. Everything in it is thrown away when the master starts, and made anew from checkpoint and journal.\n';

const DATABASE = /^rocksdb-(\d+)$/;

/**
 * Makes the directory, or removes everything from it, and answers where in it the database is to be: never where one has been, so that a
 * master that still uses that one fails to write it instead of mixing its files with ours. Throws `failedPrecondition`, with nothing
 * removed, when the directory holds other things.
 */
export async function emptyDirectory(disk: Disk, directory: string): Promise<string> {
  await disk.makeDirectory(directory);
  const entries = await disk.list(directory);
  if (!entries.some(({ name }) => name === MARKER)) {
    if (entries.length > 0) {
      const remedy = 'set alluxio.master.metastore.dir to a directory that is empty or does not exist';
      throw fail(
        'failedPrecondition',
        `Cannot open the metastore "${directory}": it holds "${entries[0]!.name}", which is not of a metastore; ${remedy}`,
      );
    }
    await using marker = await disk.open(`${directory}/${MARKER}`, 'write');
    await marker.write([Buffer.from(TEXT)], 0);
  }
  for (const { name, kind } of entries) {
    if (name === MARKER) continue;
    const path = `${directory}/${name}`;
    if (kind === 'directory') await disk.removeDirectory(path, { recursive: true });
    else await disk.remove(path);
  }
  const last = Math.max(0, ...entries.map(({ name }) => Number(DATABASE.exec(name)?.[1] ?? 0)));
  return `${directory}/rocksdb-${last + 1}`;
}
