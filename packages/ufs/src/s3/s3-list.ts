import type { ListOptions, UfsStatus } from '../under-store.js';
import { isTemporaryName } from '../local/temporary-names.js';
import { directory, object } from './s3-status.js';
import type { S3Store } from './s3-store.js';

/**
 * What lies under `key`, page by page, in the order of names. A first status with an empty name says that the directory exists
 * though nothing is in it. In a recursive listing directories that have no marker are answered before their first object.
 */
export async function* listPrefix(store: S3Store, key: string, options: ListOptions): AsyncGenerator<UfsStatus> {
  const prefix = key === '' ? '' : `${key}/`;
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    options.signal?.throwIfAborted();
    const page = await store.send('list', '', ({ sdk, client }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: store.bucket,
          Prefix: prefix,
          ...(options.recursive !== true && { Delimiter: '/' }),
          ...(token !== undefined && { ContinuationToken: token }),
        }),
        { ...(options.signal !== undefined && { abortSignal: options.signal }) },
      ),
    );
    const entries: UfsStatus[] = [];
    for (const { Key = '', Size = 0, LastModified, ETag } of page.Contents ?? []) {
      const name = Key.slice(prefix.length);
      if (name === '') yield directory('');
      else if (name.endsWith('/')) entries.push(directory(name.slice(0, -1)));
      else if (name.endsWith('_$folder$')) entries.push(directory(name.slice(0, -'_$folder$'.length)));
      else entries.push(object(name, Size, LastModified, ETag));
    }
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) entries.push(directory(Prefix.slice(prefix.length, -1)));
    entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    for (const status of entries) {
      if (status.name === '' || status.name.split('/').some((part) => isTemporaryName(part) || part === '')) continue;
      if (options.recursive === true) yield* parentsOf(status.name, seen);
      // An object and a prefix of the same name: the directory, whose children could not be reached otherwise.
      if (seen.has(status.name)) continue;
      if (status.directory) seen.add(status.name);
      yield status;
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

function* parentsOf(name: string, seen: Set<string>): Generator<UfsStatus> {
  for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
    const parent = name.slice(0, end);
    if (seen.has(parent)) continue;
    seen.add(parent);
    yield directory(parent);
  }
}
