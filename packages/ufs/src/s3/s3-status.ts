import type { UfsStatus } from '../under-store.js';

export function object(name: string, length: number, modified: Date | undefined, etag: string | undefined): UfsStatus {
  return {
    name,
    directory: false,
    length,
    modifiedMs: modified?.getTime(),
    owner: '',
    group: '',
    mode: 0o700,
    contentHash: etag?.replaceAll('"', ''),
  };
}

export function directory(name: string): UfsStatus {
  return { name, directory: true, length: 0, modifiedMs: undefined, owner: '', group: '', mode: 0o700, contentHash: undefined };
}
