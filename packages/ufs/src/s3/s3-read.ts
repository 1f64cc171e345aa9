import { fail } from '@alluvium/base';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ReadOptions } from '../under-store.js';
import type { S3Store } from './s3-store.js';

/** The bytes of a range as they arrive. Fails with `unavailable` when the body ends early, so that the layer above goes on from there. */
export async function* readObject(store: S3Store, path: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
  if (options.length <= 0) return;
  let answer: GetObjectCommandOutput;
  try {
    answer = await requestRange(store, path, options);
  } catch (error) {
    const known = store.error('read', path, error);
    // A range that begins at or after the end has no bytes.
    if (known.kind === 'outOfRange') return;
    throw known;
  }
  const { ContentLength: expected = Number.POSITIVE_INFINITY, ContentRange } = answer;
  if (!begins(ContentRange, options.offset)) {
    (answer.Body as unknown as { destroy(): void }).destroy();
    throw fail(
      'unimplemented',
      `Cannot read "${store.uriOf(path)}": ${ContentRange ?? 'no range'} was answered; byte ${options.offset} wanted`,
    );
  }
  let received = 0;
  try {
    for await (const chunk of answer.Body as unknown as AsyncIterable<Uint8Array>) {
      const wanted = options.length - received;
      received += chunk.length;
      if (wanted > 0) yield chunk.length <= wanted ? chunk : chunk.subarray(0, wanted);
      // A body that is read to its end leaves its connection to the next request.
      if (received > options.length) return;
    }
  } catch (error) {
    throw store.error('read', path, error);
  }
  if (received < Math.min(expected, options.length) && expected !== Number.POSITIVE_INFINITY)
    throw fail('unavailable', `Cannot read "${store.uriOf(path)}": the body ended after ${received} of ${expected} bytes`);
}

async function requestRange(
  store: S3Store,
  path: string,
  { offset, length, ifMatch, signal }: ReadOptions,
): Promise<GetObjectCommandOutput> {
  const end = offset + length - 1;
  const { sdk, client } = await store.connection();
  return client.send(
    new sdk.GetObjectCommand({
      Bucket: store.bucket,
      Key: store.key(path),
      Range: Number.isSafeInteger(end) ? `bytes=${offset}-${end}` : `bytes=${offset}-`,
      ...(ifMatch !== undefined && { IfMatch: `"${ifMatch}"` }),
    }),
    { ...(signal !== undefined && { abortSignal: signal }) },
  );
}

/** A server that ignores ranges answers the whole object, which will do for a read from the beginning. */
function begins(contentRange: string | undefined, offset: number): boolean {
  return contentRange === undefined ? offset === 0 : contentRange.startsWith(`bytes ${offset}-`);
}
