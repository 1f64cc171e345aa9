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
  async file({ c, spec, figures }, file, path) {
    figures.blocks += file.blocks.length;
    figures.totalBytes += file.length;
    await free(c, { path, options: { forced: spec.forced } }, spec.user);
    figures.bytes += file.length;
  },
};

function isCached(locations: (block: FileInode['blocks'][number]) => readonly unknown[], file: FileInode): boolean {
  return file.blocks.some((block) => locations(block).length > 0);
}
