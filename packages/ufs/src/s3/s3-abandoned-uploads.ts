// Uploads in parts that nobody completes or aborts stay invisible, and are paid for, until somebody looks for them.
import { kindOf } from '@alluvium/base';
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import { throwIfCancelled } from '../cancelled.js';
import type { AbandonedOptions } from '../under-store.js';
import { decodeKey } from './s3-pages.js';
import type { S3Store } from './s3-store.js';

/** Uploads that one call looks at closely; what is left comes with the next one. */
const MAX_UPLOADS = 10_000;

interface Markers {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

/** Aborts the uploads below the store's prefix that were begun, and got their last part, longer ago than the limit. */
export async function abortAbandonedUploads(store: S3Store, options: AbandonedOptions): Promise<number> {
  const limitMs = options.nowMs - options.olderThanMs;
  let aborted = 0;
  for (const upload of await uploadsBegunBefore(store, limitMs, options.signal)) {
    throwIfCancelled(options.signal);
    try {
      if (await hasPartSince(store, upload, limitMs, options.signal)) continue;
      await store.send('abort', '', ({ sdk, client }) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket: store.bucket, Key: upload.key, UploadId: upload.uploadId })),
      );
      aborted++;
    } catch (error) {
      // It was completed or aborted meanwhile.
      if (kindOf(error) !== 'aborted' && kindOf(error) !== 'notFound') throw error;
    }
  }
  return aborted;
}

async function uploadsBegunBefore(store: S3Store, limitMs: number, signal: AbortSignal | undefined): Promise<Upload[]> {
  const root = store.key('');
  const prefix = root === '' ? '' : `${root}/`;
  const found: Upload[] = [];
  let markers: Markers | undefined = {};
  while (markers !== undefined && found.length < MAX_UPLOADS) {
    throwIfCancelled(signal);
    const at: Markers = markers;
    const page: ListMultipartUploadsCommandOutput = await store.send('list uploads of', '', ({ sdk, client }) =>
      client.send(new sdk.ListMultipartUploadsCommand({ Bucket: store.bucket, Prefix: prefix, EncodingType: 'url', ...at }), {
        ...(signal !== undefined && { abortSignal: signal }),
      }),
    );
    const decode = page.EncodingType === 'url' ? decodeKey : (key: string): string => key;
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined || Initiated.getTime() >= limitMs) continue;
      const key = decode(Key);
      if (key.startsWith(prefix)) found.push({ key, uploadId: UploadId });
    }
    const { NextKeyMarker, NextUploadIdMarker } = page;
    markers =
      page.IsTruncated !== true || NextKeyMarker === undefined
        ? undefined
        : { KeyMarker: decode(NextKeyMarker), ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }) };
  }
  return found;
}

async function hasPartSince(store: S3Store, { key, uploadId }: Upload, limitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  let marker: string | undefined;
  do {
    throwIfCancelled(signal);
    const page = await store.send('list parts of', '', ({ sdk, client }) =>
      client.send(
        new sdk.ListPartsCommand({
          Bucket: store.bucket,
          Key: key,
          UploadId: uploadId,
          ...(marker !== undefined && { PartNumberMarker: marker }),
        }),
        { ...(signal !== undefined && { abortSignal: signal }) },
      ),
    );
    if (page.Parts?.some(({ LastModified }) => (LastModified?.getTime() ?? 0) >= limitMs) === true) return true;
    marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return false;
}
