// Under store on an S3 bucket. A directory is a prefix that has objects, or a marker object whose name ends with `/`.
import { AlluviumError, fail } from '@alluvium/base';
import type {
  Capabilities,
  CreateOptions,
  ListOptions,
  ReadOptions,
  UfsCallOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
} from '../under-store.js';
import { connectS3, type S3Connection } from './node-s3-connection.js';
import { copyObject } from './s3-copy.js';
import { s3Error } from './s3-errors.js';
import { listPrefix } from './s3-list.js';
import type { S3Settings } from './s3-settings.js';
import { directory, object } from './s3-status.js';
import { S3Writer } from './s3-writer.js';

/** Hadoop's old directory markers. */
const FOLDER_SUFFIX = '_$folder$';
const DELETE_BATCH = 1000;

export interface S3Location {
  readonly bucket: string;
  /** '' or `a/b`, without a slash at either end. */
  readonly prefix: string;
}

export class S3Store implements UnderStore {
  readonly uri: string;
  readonly capabilities: Capabilities = {
    type: 's3',
    objectStore: true,
    rename: 'copy',
    permissions: false,
    conditionalCreate: true,
    directories: 'marker',
  };
  readonly #location: S3Location;
  readonly #settings: S3Settings;
  #connection: Promise<S3Connection> | undefined;

  constructor(uri: string, location: S3Location, settings: S3Settings) {
    this.uri = uri;
    this.#location = location;
    this.#settings = settings;
  }

  async status(path: string, options: UfsCallOptions = {}): Promise<UfsStatus | undefined> {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (path === '') return (await this.#hasBucket(options)) ? directory(name) : undefined;
    const object = await this.#head(path, options);
    if (object !== undefined) return { ...object, name };
    return (await this.#isPrefix(path, options)) ? directory(name) : undefined;
  }

  async *list(path: string, options: ListOptions = {}): AsyncIterable<UfsStatus> {
    let found = false;
    for await (const status of listPrefix(this, this.#key(path), options)) {
      found = true;
      if (status.name !== '') yield status;
    }
    if (!found && (await this.status(path, options))?.directory !== true) {
      throw fail('notFound', `Cannot list "${this.uriOf(path)}": nothing is there`);
    }
  }

  async *read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    if (options.length <= 0) return;
    let body: AsyncIterable<Uint8Array>;
    let expected: number | undefined;
    try {
      const { sdk, client } = await this.connection();
      const answer = await client.send(
        new sdk.GetObjectCommand({
          Bucket: this.#location.bucket,
          Key: this.#key(path),
          Range: `bytes=${options.offset}-${options.offset + options.length - 1}`,
          ...(options.ifMatch !== undefined && { IfMatch: quoted(options.ifMatch) }),
        }),
        { ...(options.signal !== undefined && { abortSignal: options.signal }) },
      );
      body = answer.Body as unknown as AsyncIterable<Uint8Array>;
      expected = answer.ContentLength;
    } catch (error) {
      const known = this.error('read', path, error);
      // A range that begins at or after the end has no bytes.
      if (known.kind === 'outOfRange') return;
      throw known;
    }
    let received = 0;
    try {
      for await (const chunk of body) {
        received += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw this.error('read', path, error);
    }
    if (expected !== undefined && received < expected)
      throw fail('unavailable', `Cannot read "${this.uriOf(path)}": the body ended after ${received} of ${expected} bytes`);
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    if (path === '' || path.endsWith('/')) throw fail('invalidArgument', `Cannot create "${this.uriOf(path)}": an object name wanted`);
    return new S3Writer({ store: this, bucket: this.#location.bucket, key: this.#key(path), path, options, settings: this.#settings });
  }

  async makeDirectory(path: string, options: UfsCallOptions = {}): Promise<void> {
    if (path === '') return;
    const there = await this.status(path, options);
    if (there !== undefined && !there.directory) throw fail('alreadyExists', `Cannot make "${this.uriOf(path)}": an object is there`);
    await this.send('make', path, ({ sdk, client }) =>
      client.send(new sdk.PutObjectCommand({ Bucket: this.#location.bucket, Key: `${this.#key(path)}/`, Body: '', ContentLength: 0 })),
    );
  }

  async removeFile(path: string, options: UfsCallOptions = {}): Promise<boolean> {
    if ((await this.#head(path, options)) === undefined) return false;
    await this.send('remove', path, ({ sdk, client }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: this.#location.bucket, Key: this.#key(path) })),
    );
    return true;
  }

  async removeDirectory(path: string, options: { recursive: boolean } & UfsCallOptions): Promise<boolean> {
    const prefix = path === '' ? this.#key('') : `${this.#key(path)}/`;
    let keys: string[] = [];
    let found = false;
    for await (const key of this.#keysUnder(prefix)) {
      found = true;
      if (!options.recursive && key !== prefix) throw fail('failedPrecondition', `Cannot remove "${this.uriOf(path)}": it is not empty`);
      keys.push(key);
      if (keys.length === DELETE_BATCH) {
        await this.#deleteKeys(path, keys);
        keys = [];
      }
    }
    if (keys.length > 0) await this.#deleteKeys(path, keys);
    return found;
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } & UfsCallOptions = {}): Promise<void> {
    const source = await this.status(from, options);
    if (source === undefined) throw fail('notFound', `Cannot rename "${this.uriOf(from)}": nothing is there`);
    const target = await this.status(to, options);
    if (target !== undefined && !(options.overwrite === true && !target.directory && !source.directory)) {
      throw fail('alreadyExists', `Cannot rename "${this.uriOf(from)}" to "${this.uriOf(to)}": the target exists`);
    }
    if (!source.directory) {
      await this.#move(this.#key(from), this.#key(to), source.length, from);
      return;
    }
    const prefix = `${this.#key(from)}/`;
    // Copies first, so that a failure in the middle has removed nothing.
    const keys: string[] = [];
    for await (const key of this.#keysUnder(prefix)) {
      keys.push(key);
      await this.#copy(key, `${this.#key(to)}/${key.slice(prefix.length)}`, from);
    }
    for (let at = 0; at < keys.length; at += DELETE_BATCH) await this.#deleteKeys(from, keys.slice(at, at + DELETE_BATCH));
  }

  async setOwner(): Promise<void> {
    throw fail('unimplemented', `Cannot set an owner in "${this.uri}": objects have none`);
  }

  async setMode(): Promise<void> {
    throw fail('unimplemented', `Cannot set a mode in "${this.uri}": objects have none`);
  }

  async space(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    (await this.#connection?.catch(() => undefined))?.client.destroy();
    this.#connection = undefined;
  }

  get bucket(): string {
    return this.#location.bucket;
  }

  uriOf(path: string): string {
    return path === '' ? this.uri : `${this.uri}/${path}`;
  }

  error(action: string, path: string, error: unknown): AlluviumError {
    return s3Error(action, this.uriOf(path), error);
  }

  connection(): Promise<S3Connection> {
    this.#connection ??= connectS3(this.#settings);
    return this.#connection;
  }

  async send<T>(action: string, path: string, run: (connection: S3Connection) => Promise<T>): Promise<T> {
    try {
      return await run(await this.connection());
    } catch (error) {
      throw this.error(action, path, error);
    }
  }

  #key(path: string): string {
    if (path.includes('\0') || path.split('/').some((part) => part === '..' || part === '.'))
      throw fail('invalidArgument', `Path "${path.replaceAll('\0', '\\0')}" is invalid.`);
    const { prefix } = this.#location;
    return prefix === '' ? path : path === '' ? prefix : `${prefix}/${path}`;
  }

  async #hasBucket(options: UfsCallOptions): Promise<boolean> {
    try {
      await this.send('look at', '', ({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket: this.#location.bucket, MaxKeys: 1 }), {
          ...(options.signal !== undefined && { abortSignal: options.signal }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof AlluviumError && error.kind === 'notFound') return false;
      throw error;
    }
  }

  async #head(path: string, options: UfsCallOptions): Promise<UfsStatus | undefined> {
    try {
      const head = await this.send('look at', path, ({ sdk, client }) =>
        client.send(new sdk.HeadObjectCommand({ Bucket: this.#location.bucket, Key: this.#key(path) }), {
          ...(options.signal !== undefined && { abortSignal: options.signal }),
        }),
      );
      return object('', head.ContentLength ?? 0, head.LastModified, head.ETag);
    } catch (error) {
      if (error instanceof AlluviumError && error.kind === 'notFound') return undefined;
      throw error;
    }
  }

  async #isPrefix(path: string, options: UfsCallOptions): Promise<boolean> {
    const answer = await this.send('look at', path, ({ sdk, client }) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: this.#location.bucket, Prefix: `${this.#key(path)}/`, MaxKeys: 1 }), {
        ...(options.signal !== undefined && { abortSignal: options.signal }),
      }),
    );
    return (answer.Contents?.length ?? 0) > 0 || (await this.#head(`${path}${FOLDER_SUFFIX}`, options)) !== undefined;
  }

  async *#keysUnder(prefix: string): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const page = await this.send('list', '', ({ sdk, client }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.#location.bucket,
            Prefix: prefix,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async #deleteKeys(path: string, keys: readonly string[]): Promise<void> {
    const answer = await this.send('remove', path, ({ sdk, client }) =>
      client.send(
        new sdk.DeleteObjectsCommand({ Bucket: this.#location.bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
      ),
    );
    const [failed] = answer.Errors ?? [];
    if (failed !== undefined)
      throw fail('unavailable', `Cannot remove "${this.uriOf(path)}": ${failed.Key} is still there: ${failed.Code} ${failed.Message}`);
  }

  async #move(from: string, to: string, length: number, path: string): Promise<void> {
    await this.#copy(from, to, path, length);
    await this.send('rename', path, ({ sdk, client }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: this.#location.bucket, Key: from })),
    );
  }

  #copy(from: string, to: string, path: string, length?: number): Promise<void> {
    return this.send('rename', path, (connection) => copyObject(connection, this.#location.bucket, from, to, length));
  }
}

function quoted(etag: string): string {
  return `"${etag}"`;
}
