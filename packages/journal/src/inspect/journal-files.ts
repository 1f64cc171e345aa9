// What lies in a journal directory, looked at from outside: nothing is made, claimed, cut or removed, so that this also goes on beside a
// master that runs.
import { fail } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { byCheckpointAge, bySegmentOrder } from '../fences.js';
import type { CheckpointName, SegmentName } from '../storage.js';

export interface SegmentFile extends SegmentName {
  readonly path: string;
  readonly bytes: number;
}

export interface CheckpointFile extends CheckpointName {
  readonly path: string;
  readonly bytes: number;
}

export interface JournalFiles {
  readonly directory: string;
  /** In the order in which a start reads them. */
  readonly segments: readonly SegmentFile[];
  /** The newest last. */
  readonly checkpoints: readonly CheckpointFile[];
  /** The highest that was ever claimed; 0: none. */
  readonly epoch: number;
  /** Checkpoints that were never finished; the next start removes them. */
  readonly leftovers: readonly string[];
  /** Bytes kept back for a full disk; undefined when there are none. */
  readonly reserveBytes: number | undefined;
  /** Names that no version of this journal gives. */
  readonly strangers: readonly string[];
}

const FOLDERS = ['epochs', 'segments', 'checkpoints'] as const;
const NUMBERED = /^([0-9a-f]{16})-([0-9a-f]{16})\.(seg|ckp)$/;

/** Looks through a directory. Throws `notFound` when there is none, and `failedPrecondition` when it is no journal. */
export async function listJournal(disk: Disk, directory: string): Promise<JournalFiles> {
  const stat = await disk.stat(directory);
  if (stat === undefined)
    throw fail('notFound', `Cannot read the journal "${directory}": it does not exist; the directory of a journal wanted`);
  if (stat.kind !== 'directory')
    throw fail('failedPrecondition', `Cannot read the journal "${directory}": it is a file; the directory of a journal wanted`);
  const names = (await disk.list(directory)).map(({ name }) => name);
  requireJournal(directory, names);
  const strangers = names.filter((name) => name !== 'reserve' && !FOLDERS.some((folder) => folder === name));
  const leftovers: string[] = [];
  const segments: SegmentFile[] = [];
  const checkpoints: CheckpointFile[] = [];
  let epoch = 0;
  for (const folder of FOLDERS.filter((name) => names.includes(name))) {
    for (const { name } of await disk.list(`${directory}/${folder}`)) {
      const path = `${directory}/${folder}/${name}`;
      const numbered = NUMBERED.exec(name);
      if (folder === 'epochs' && /^[0-9a-f]{16}$/.test(name)) epoch = Math.max(epoch, Number.parseInt(name, 16));
      else if (folder === 'checkpoints' && name.endsWith('.tmp')) leftovers.push(path);
      else if (numbered === null || numbered[3] !== (folder === 'segments' ? 'seg' : 'ckp')) strangers.push(`${folder}/${name}`);
      else {
        const file = await disk.stat(path);
        // A master that runs may remove it between two looks.
        if (file === undefined) continue;
        const first = Number.parseInt(numbered[1]!, 16);
        const found = { path, bytes: file.length, epoch: Number.parseInt(numbered[2]!, 16) };
        if (folder === 'segments') segments.push({ ...found, firstSequence: first });
        else checkpoints.push({ ...found, sequence: first });
      }
    }
  }
  return {
    directory,
    segments: segments.sort(bySegmentOrder),
    checkpoints: checkpoints.sort(byCheckpointAge),
    epoch,
    leftovers,
    reserveBytes: (await disk.stat(`${directory}/reserve`))?.length,
    strangers,
  };
}

function requireJournal(directory: string, names: readonly string[]): void {
  if (names.includes('segments') || names.includes('checkpoints') || names.includes('epochs')) return;
  const found = names.includes('FileSystemMaster')
    ? "it is a journal of Alluxio; take a backup of it with Alluxio's `fsadmin backup` and start from that"
    : names.length === 0
      ? 'it is empty'
      : `it has none of ${FOLDERS.join(', ')}`;
  throw fail('failedPrecondition', `Cannot read the journal "${directory}": ${found}; the directory of a journal wanted`);
}

/** The name of a file as people say it: below the directory. */
export function shortName(files: JournalFiles, path: string): string {
  return path.startsWith(`${files.directory}/`) ? path.slice(files.directory.length + 1) : path;
}
