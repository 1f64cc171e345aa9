import type { _Object } from '@aws-sdk/client-s3';
import { throwIfCancelled } from '../cancelled.js';
import type { UfsCallOptions } from '../under-store.js';
import type { S3Store } from './s3-store.js';

/** What a page of a bucket's listing names, in the order of keys. */
export interface ListedKey {
  readonly key: string;
  /** Undefined for what stands for everything that begins with `key`. */
  readonly object: _Object | undefined;
}

/** Everything whose key begins with `prefix`; with `delimiter` only up to the next one behind it. Each page is one request. */
export async function* listPages(
  store: S3Store,
  prefix: string,
  { signal, delimiter }: UfsCallOptions & { readonly delimiter?: '/' } = {},
): AsyncGenerator<readonly ListedKey[]> {
  let token: string | undefined;
  do {
    throwIfCancelled(signal);
    const page = await store.send('list', '', ({ sdk, client }) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: store.bucket,
          Prefix: prefix,
          // XML cannot carry every character of a key.
          EncodingType: 'url',
          ...(delimiter !== undefined && { Delimiter: delimiter }),
          ...(token !== undefined && { ContinuationToken: token }),
        }),
        { ...(signal !== undefined && { abortSignal: signal }) },
      ),
    );
    const decode = page.EncodingType === 'url' ? decodeKey : (key: string): string => key;
    const keys: ListedKey[] = [];
    for (const object of page.Contents ?? []) keys.push({ key: decode(object.Key ?? ''), object });
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) keys.push({ key: decode(Prefix), object: undefined });
    yield keys.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** A key as a listing with EncodingType `url` writes it. */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
