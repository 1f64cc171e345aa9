// Bytes on their way into an object: one PUT when they fit into a part, else a multipart upload with a few parts under way.
import { AlluviumError, fail } from '@alluvium/base';
import type { CreateOptions, UfsWriter } from '../under-store.js';
import type { S3Connection } from './node-s3-connection.js';
import type { S3Settings } from './s3-settings.js';
import type { S3Store } from './s3-store.js';

const MAX_PARTS = 10_000;

interface S3WriterParts {
  readonly store: S3Store;
  readonly bucket: string;
  readonly key: string;
  readonly path: string;
  readonly options: CreateOptions;
  readonly settings: S3Settings;
}

export class S3Writer implements UfsWriter {
  readonly #p: S3WriterParts;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #length = 0;
  #uploadId: string | undefined;
  #partCount = 0;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #etags = new Map<number, string | undefined>();
  #failure: unknown;
  #ended = false;

  constructor(parts: S3WriterParts) {
    this.#p = parts;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen('write');
    for (const part of parts) {
      this.#length += part.length;
      // The caller has its views back when this resolves, so what is kept is copied.
      for (let at = 0; at < part.length;) {
        const room = this.#p.settings.partBytes - this.#bufferedBytes;
        const piece = Buffer.from(part.subarray(at, at + room));
        this.#buffered.push(piece);
        this.#bufferedBytes += piece.length;
        at += piece.length;
        if (this.#bufferedBytes === this.#p.settings.partBytes) await this.#sendPart();
      }
    }
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  async commit(): Promise<{ length: number; contentHash: string | undefined }> {
    this.#mustBeOpen('commit');
    this.#ended = true;
    try {
      const etag = this.#uploadId === undefined ? await this.#put() : await this.#complete();
      return { length: this.#length, contentHash: etag?.replaceAll('"', '') };
    } catch (error) {
      await this.#abortUpload();
      // With ifAbsent a failed condition means that somebody else made the object.
      if (this.#p.options.ifAbsent === true && error instanceof AlluviumError && error.kind === 'aborted') {
        throw fail('alreadyExists', `Cannot create "${this.#p.store.uriOf(this.#p.path)}": it exists`, error);
      }
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#buffered = [];
    await this.#abortUpload();
  }

  #mustBeOpen(action: string): void {
    if (this.#ended) throw fail('failedPrecondition', `Cannot ${action} "${this.#p.store.uriOf(this.#p.path)}": it is closed`);
  }

  #condition(): { IfNoneMatch?: string } {
    return this.#p.options.ifAbsent === true ? { IfNoneMatch: '*' } : {};
  }

  async #put(): Promise<string | undefined> {
    const { store, bucket, key, path } = this.#p;
    const Body = Buffer.concat(this.#buffered);
    const put = ({ sdk, client }: S3Connection): Promise<{ ETag?: string | undefined }> =>
      client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentLength: Body.length, ...this.#condition() }));
    // A conditional one that is repeated might meet what it made itself.
    const answer = await (this.#p.options.ifAbsent === true ? store.send('write', path, put) : store.sendRepeatable('write', path, put));
    return answer.ETag;
  }

  async #sendPart(): Promise<void> {
    const { store, bucket, key, path, settings } = this.#p;
    if (this.#uploadId === undefined) {
      const answer = await store.sendRepeatable('write', path, ({ sdk, client }) =>
        client.send(new sdk.CreateMultipartUploadCommand({ Bucket: bucket, Key: key })),
      );
      this.#uploadId = answer.UploadId;
    }
    const PartNumber = ++this.#partCount;
    if (PartNumber > MAX_PARTS) {
      throw fail(
        'outOfRange',
        `Cannot write "${store.uriOf(path)}": an object has at most ${MAX_PARTS} parts; raise alluxio.underfs.s3.streaming.upload.partition.size`,
      );
    }
    const Body = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    const sent = store
      .sendRepeatable('write', path, ({ sdk, client }) =>
        client.send(
          new sdk.UploadPartCommand({ Bucket: bucket, Key: key, UploadId: this.#uploadId, PartNumber, Body, ContentLength: Body.length }),
        ),
      )
      .then(
        (answer) => void this.#etags.set(PartNumber, answer.ETag),
        (error: unknown) => void (this.#failure ??= error),
      )
      .finally(() => this.#inFlight.delete(sent));
    this.#inFlight.add(sent);
    while (this.#inFlight.size >= settings.partsInFlight) await Promise.race(this.#inFlight);
  }

  async #complete(): Promise<string | undefined> {
    const { store, bucket, key, path } = this.#p;
    if (this.#bufferedBytes > 0) await this.#sendPart();
    await Promise.all(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure as Error;
    const Parts = [...this.#etags].sort(([a], [b]) => a - b).map(([PartNumber, ETag]) => ({ PartNumber, ETag }));
    let repeated = false;
    try {
      const answer = await store.sendRepeatable('write', path, ({ sdk, client }, attempt) => {
        repeated = attempt > 0;
        return client.send(
          new sdk.CompleteMultipartUploadCommand({
            Bucket: bucket,
            Key: key,
            UploadId: this.#uploadId,
            MultipartUpload: { Parts },
            ...this.#condition(),
          }),
        );
      });
      return answer.ETag;
    } catch (error) {
      // The first try may have completed it though its answer was lost.
      const there = repeated ? await store.status(path) : undefined;
      if (there?.length === this.#length && there.contentHash?.endsWith(`-${Parts.length}`) === true) return there.contentHash;
      throw error;
    }
  }

  async #abortUpload(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#uploadId === undefined) return;
    const { store, bucket, key, path } = this.#p;
    const UploadId = this.#uploadId;
    this.#uploadId = undefined;
    // A part that is left behind costs its owner money, but the answer to the writer matters more.
    await store
      .send('abort', path, ({ sdk, client }) => client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId })))
      .catch(() => {});
  }
}
