// A persist: files of the cache come to their store. The persistence queue does the work; the job asks and waits.
import { fail, sleep, type InodeId, type NormalPath } from '@alluvium/base';
import { scheduleAsyncPersistence } from '../file/operations/schedule-async-persistence.js';
import type { JobRun, JobWork } from './job-run.js';

const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 1000;

export const persistWork: JobWork = {
  stepped: false,
  wants: (_run, file) => file.completed && file.persistence !== 'PERSISTED' && file.persistence !== 'LOST',
  measure: (_run, file) => ({ blocks: 1, bytes: file.length }),
  async file(run, file, path, underWay) {
    const { c, spec } = run;
    await scheduleAsyncPersistence(c, { path }, spec.user);
    await untilPersisted(run, file.id, path);
    underWay.did(file.length);
  },
};

/** Throws when the file is gone or lost. What does not succeed is tried again by the queue until somebody stops it. */
export async function untilPersisted({ c, signal }: JobRun, file: InodeId, path: NormalPath): Promise<void> {
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LONGEST_LOOK_MS, lookMs * 2)) {
    const inode = c.tree.get(file);
    if (inode === undefined) throw fail('notFound', `"${path}" was removed before it was persisted`);
    if (inode.persistence === 'PERSISTED') return;
    if (inode.persistence === 'LOST') throw fail('dataLoss', `The bytes of "${path}" were lost before it was persisted`);
    await sleep(c.clock, lookMs, signal);
  }
}
