// A free: the workers drop their copies of what is in a store.
import type { FileInode } from '@alluvium/metastore';
import { free } from '../file/operations/free.js';
import type { JobWork } from './job-run.js';

export const freeWork: JobWork = {
  stepped: false,
  wants: ({ c, spec }, file) =>
    file.completed &&
    file.persistence === 'PERSISTED' &&
    (spec.forced || !file.pinned) &&
    isCached((block) => c.blocks.locations(block), file),
  measure: (_run, file) => ({ blocks: file.blocks.length, bytes: file.length }),
  async file({ c, spec }, file, path, underWay) {
    await free(c, { path, options: { forced: spec.forced } }, spec.user);
    underWay.did(file.length);
  },
};

function isCached(locations: (block: FileInode['blocks'][number]) => readonly unknown[], file: FileInode): boolean {
  return file.blocks.some((block) => locations(block).length > 0);
}
