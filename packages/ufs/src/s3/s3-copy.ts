import type { S3Connection } from './node-s3-connection.js';

/** One copy request takes at most so much; more is copied in parts. */
const MAX_COPY_BYTES = 5 * 2 ** 30;
const PART_BYTES = 2 ** 30;

/** Copies an object inside the bucket, on the server. `length` saves a request when it is known. */
export async function copyObject({ sdk, client }: S3Connection, bucket: string, from: string, to: string, length?: number): Promise<void> {
  const source = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const size = length ?? (await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: from }))).ContentLength ?? 0;
  if (size <= MAX_COPY_BYTES) {
    await client.send(new sdk.CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: source }));
    return;
  }
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket: bucket, Key: to }));
  try {
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let at = 0; at < size; at += PART_BYTES) {
      const PartNumber = parts.length + 1;
      const range = `bytes=${at}-${Math.min(at + PART_BYTES, size) - 1}`;
      const part = await client.send(
        new sdk.UploadPartCopyCommand({ Bucket: bucket, Key: to, UploadId, PartNumber, CopySource: source, CopySourceRange: range }),
      );
      parts.push({ PartNumber, ETag: part.CopyPartResult?.ETag });
    }
    await client.send(new sdk.CompleteMultipartUploadCommand({ Bucket: bucket, Key: to, UploadId, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: to, UploadId })).catch(() => {});
    throw error;
  }
}
