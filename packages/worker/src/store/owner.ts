// Which cluster the blocks of a storage directory belong to. Block ids are given anew by every cluster: a block of another one
// would be served as the bytes of a file that happens to have its id.
//
// The note is three equal lines, `<CRC32C of the id, 8 hexadecimal digits> <cluster id>`: blocks that are in no store are not to go for
// one bit, not even of the end of a line.
import { fail, kindOf } from '@alluvium/base';
import { crc32c, type Disk } from '@alluvium/platform';
import type { Layout } from './layout.js';

/** Undefined where no cluster has been noted. Throws `dataLoss` for a note of which no line is whole. */
export async function readOwner(disk: Disk, layout: Layout): Promise<string | undefined> {
  let lines: string[];
  try {
    lines = (await disk.readFile(layout.owner)).toString('utf8').split('\n');
  } catch (error) {
    if (kindOf(error) === 'notFound') return undefined;
    throw error;
  }
  // Notes of the first versions are the id alone.
  if (lines.length === 2) return lines[0]!;
  const whole = lines.map((line) => line.slice(9)).find((id, i) => lines[i] === lineOf(id));
  if (whole !== undefined) return whole;
  throw fail(
    'dataLoss',
    `Cannot tell which cluster the blocks belong to: "${layout.owner}" is damaged. Nothing was changed. Write the id of the cluster into it as one line, or move the directory away`,
  );
}

function lineOf(cluster: string): string {
  return `${crc32c(Buffer.from(cluster)).toString(16).padStart(8, '0')} ${cluster}`;
}

export async function writeOwner(disk: Disk, layout: Layout, cluster: string): Promise<void> {
  const temporary = `${layout.owner}.tmp`;
  {
    await using file = await disk.open(temporary, 'write');
    await file.write([Buffer.from(`${lineOf(cluster)}\n`.repeat(3))], 0);
    await file.sync();
  }
  await disk.rename(temporary, layout.owner);
  await disk.syncDirectory(layout.sidecars);
}
