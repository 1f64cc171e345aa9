import { copyWork, moveWork } from './copy-file.js';
import { freeWork } from './free-file.js';
import type { JobKind } from './job-spec.js';
import type { JobWork } from './job-run.js';
import { loadWork } from './load-file.js';
import { migrateWork } from './migrate-file.js';
import { persistWork } from './persist-file.js';
import { replicateWork } from './replicate-file.js';

const WORKS: Readonly<Record<JobKind, JobWork>> = {
  load: loadWork,
  free: freeWork,
  copy: copyWork,
  move: moveWork,
  persist: persistWork,
  replicate: replicateWork,
  migrate: migrateWork,
};

export function workOf(kind: JobKind): JobWork {
  return WORKS[kind];
}
