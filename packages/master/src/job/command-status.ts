// GetCmdStatusDetailed: which files of a copy or a load are done. Nobody keeps their names: they are those that the walk has passed,
// but for the ones that failed or are under way.
import type { NormalPath } from '@alluvium/base';
import { jobMaster } from '@alluvium/wire';
import type { JobRecord } from './job-ledger.js';
import { statusOf } from './job-info.js';
import type { Jobs } from './jobs.js';
import { walkFiles } from './walk-files.js';

const { OperationType, Status } = jobMaster;

/** Names in one reply, of which a client makes one line each. */
const MOST_FILES = 10_000;
/** As many as Alluxio's jobs of a batch have. */
const FILES_PER_BLOCK = 20;

export async function commandStatus(jobs: Jobs, record: JobRecord): Promise<jobMaster.CmdStatusBlock> {
  const { spec, id } = record;
  const jobStatus = statusOf(jobs, record);
  const failed = jobs.runOf(id)?.failures ?? record.failures;
  const jobId = BigInt(id);
  const jobStatusBlock: jobMaster.JobStatusBlock[] = [];
  const done = await filesDone(jobs, record, new Set(failed.keys()));
  for (let i = 0; i < done.length; i += FILES_PER_BLOCK)
    jobStatusBlock.push({ jobId, jobStatus: Status.COMPLETED, filePath: done.slice(i, i + FILES_PER_BLOCK).join(','), filePathFailed: '' });
  if (failed.size > 0) jobStatusBlock.push({ jobId, jobStatus, filePath: '', filePathFailed: [...failed.keys()].join(',') });
  const operationType =
    spec.kind === 'load' || spec.kind === 'replicate'
      ? OperationType.DIST_LOAD
      : spec.kind === 'persist'
        ? OperationType.PERSIST
        : OperationType.DIST_CP;
  return { jobControlId: jobId, jobStatusBlock, operationType };
}

async function filesDone(jobs: Jobs, record: JobRecord, failed: ReadonlySet<string>): Promise<string[]> {
  const { spec } = record;
  const underway = new Set<NormalPath>([...record.begun.values()].map(({ path }) => path));
  const finished = record.endedMs !== undefined && record.state !== 'STOPPED';
  const files: string[] = [];
  try {
    for await (const { inode, path } of walkFiles(jobs.c, spec.user, spec.path, undefined)) {
      if (!finished && (record.cursor === undefined || isAfter(path, record.cursor))) break;
      if (inode.kind === 'file' && !failed.has(path) && !underway.has(path)) files.push(path);
      if (files.length >= MOST_FILES) break;
    }
  } catch {
    // It may be gone by now, and with it the names.
  }
  return files;
}

/** In the order of the walk: a directory before what is in it, names in the order of their code units. */
function isAfter(path: NormalPath, cursor: NormalPath): boolean {
  const a = path.split('/');
  const b = cursor.split('/');
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! > b[i]!;
  return a.length > b.length;
}
