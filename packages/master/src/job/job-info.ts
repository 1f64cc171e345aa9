// A job as Alluxio's job master tells of it.
import { jobMaster } from '@alluvium/wire';
import type { JobRecord } from './job-ledger.js';
import type { JobKind, JobSpec } from './job-spec.js';
import type { Jobs } from './jobs.js';

const { JobType, Status } = jobMaster;

const NAMES: Readonly<Record<JobKind, string>> = {
  load: 'Load',
  free: 'Evict',
  copy: 'Migrate',
  move: 'Migrate',
  persist: 'Persist',
  replicate: 'Replicate',
  migrate: 'Move',
};

export function statusOf(jobs: Jobs, record: JobRecord): jobMaster.Status {
  if (record.endedMs === undefined) return jobs.runOf(record.id) === undefined ? Status.CREATED : Status.RUNNING;
  if (record.state === 'SUCCEEDED') return Status.COMPLETED;
  return record.state === 'STOPPED' ? Status.CANCELED : Status.FAILED;
}

export function jobInfo(jobs: Jobs, record: JobRecord): jobMaster.JobInfo {
  const { spec } = record;
  return {
    id: BigInt(record.id),
    errorMessage: record.reason,
    status: statusOf(jobs, record),
    lastUpdated: BigInt(record.endedMs ?? jobs.c.clock.nowMs()),
    name: NAMES[spec.kind],
    type: JobType.PLAN,
    children: [],
    description: description(spec),
    affectedPaths: spec.target === undefined ? [spec.path] : [spec.path, spec.target],
    errorType: record.reason === '' ? '' : 'FailedException',
  };
}

/** As the `toString` of Alluxio's configurations. */
function description({ kind, path, target, writeType, overwrite, replicas, medium }: JobSpec): string {
  switch (kind) {
    case 'copy':
    case 'move':
      return `MigrateConfig{source=${path}, destination=${target ?? ''}, writeType=${writeType}, overwrite=${overwrite}}`;
    case 'load':
      return `LoadConfig{FilePath=${path}, Replication=1}`;
    case 'persist':
      return `PersistConfig{filePath=${path}}`;
    case 'replicate':
      return `SetReplicaConfig{path=${path}, replicas=${replicas}}`;
    case 'migrate':
      return `MoveConfig{mediumType=${medium}, path=${path}}`;
    case 'free':
      return `FreeConfig{path=${path}}`;
  }
}
