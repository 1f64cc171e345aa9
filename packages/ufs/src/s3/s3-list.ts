import { isTemporaryName } from '../local/temporary-names.js';
import type { ListOptions, UfsStatus } from '../under-store.js';
import { listPages, type ListedKey } from './s3-pages.js';
import { directory, object } from './s3-status.js';
import type { S3Store } from './s3-store.js';

/** Hadoop's old directory markers. */
export const FOLDER_SUFFIX = '_$folder$';

/**
 * What lies under `key`, page by page, in the order of keys. A first status with an empty name says that the directory exists
 * though nothing is in it. In a recursive listing directories that have no marker are answered before their first object.
 */
export async function* listPrefix(store: S3Store, key: string, options: ListOptions): AsyncGenerator<UfsStatus> {
  const prefix = key === '' ? '' : `${key}/`;
  const recursive = options.recursive === true;
  const { signal } = options;
  let path: UfsStatus[] = [];
  for await (const page of listPages(store, prefix, { ...(signal !== undefined && { signal }), ...(!recursive && { delimiter: '/' }) })) {
    for (const listed of page) {
      const rest = listed.key.slice(prefix.length);
      if (rest === '') {
        yield directory('');
        continue;
      }
      const status = statusOf(rest, listed);
      if (status.name.split('/').some((part) => part === '' || part === '.' || part === '..' || isTemporaryName(part))) continue;
      // Keys are in order, so whatever was answered under a name comes again only while keys begin with that name.
      path = path.filter(({ name }) => rest.startsWith(name));
      for (const next of recursive ? [...parentsOf(status.name), status] : [status]) {
        const known = path.find(({ name }) => name === next.name);
        // An object hides the prefix of the same name, as `status` has it.
        if (known?.directory === false) break;
        if (known !== undefined) continue;
        path.push(next);
        yield next;
      }
    }
  }
}

function statusOf(name: string, listed: ListedKey): UfsStatus {
  if (name.endsWith('/')) return directory(name.slice(0, -1));
  if (listed.object === undefined) return directory(name);
  if (name.endsWith(FOLDER_SUFFIX)) return directory(name.slice(0, -FOLDER_SUFFIX.length));
  const { Size = 0, LastModified, ETag } = listed.object;
  return object(name, Size, LastModified, ETag);
}

function* parentsOf(name: string): Generator<UfsStatus> {
  for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) yield directory(name.slice(0, end));
}
