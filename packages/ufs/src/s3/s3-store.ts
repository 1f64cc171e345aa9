// Under store on an S3 bucket. A directory is a prefix that has objects, or a marker object whose name ends with `/`.
import { AlluviumError, fail } from '@alluvium/base';
import { retrying, type RetryOptions } from '../layers/retrying.js';
import { checkChange, checkStorePath } from '../store-path.js';
import type {
  AbandonedOptions,
  Capabilities,
  CreateOptions,
  ListOptions,
  ReadOptions,
  UfsCallOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
} from '../under-store.js';
import { abortAbandonedUploads } from './s3-abandoned-uploads.js';
import { connectS3, type S3Connection } from './node-s3-connection.js';
import { copyObject } from './s3-copy.js';
import { s3Error } from './s3-errors.js';
import { readObject } from './s3-read.js';
import { FOLDER_SUFFIX, listPrefix } from './s3-list.js';
import { listPages } from './s3-pages.js';
import type { S3Settings } from './s3-settings.js';
import { directory, object } from './s3-status.js';
import { S3Writer } from './s3-writer.js';

/** As many as one request may name, and a page of a listing has. */
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
  readonly #retry: RetryOptions;
  #connection: Promise<S3Connection> | undefined;

  /** `retry`: for parts of an upload, which is too long to begin anew. */
  constructor(uri: string, location: S3Location, settings: S3Settings, retry: RetryOptions) {
    this.#retry = retry;
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
    for await (const status of listPrefix(this, this.key(path), options)) {
      found = true;
      if (status.name !== '') yield status;
    }
    if (!found && (await this.status(path, options))?.directory !== true) {
      throw fail('notFound', `Cannot list "${this.uriOf(path)}": nothing is there`);
    }
  }

  read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    return readObject(this, path, options);
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    checkChange(this.uri, 'create', path);
    return new S3Writer({ store: this, bucket: this.bucket, key: this.key(path), path, options, settings: this.#settings });
  }

  async makeDirectory(path: string, options: UfsCallOptions = {}): Promise<void> {
    if (path === '') return;
    const there = await this.status(path, options);
    if (there !== undefined && !there.directory) throw fail('alreadyExists', `Cannot make "${this.uriOf(path)}": an object is there`);
    await this.#putMarker('make', path, `${this.key(path)}/`);
  }

  async removeFile(path: string, options: UfsCallOptions = {}): Promise<boolean> {
    checkChange(this.uri, 'remove', path);
    if ((await this.#head(path, options)) === undefined) return false;
    await this.send('remove', path, ({ sdk, client }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: this.bucket, Key: this.key(path) })),
    );
    return true;
  }

  async removeDirectory(path: string, options: { recursive: boolean } & UfsCallOptions): Promise<boolean> {
    checkChange(this.uri, 'remove', path);
    const prefix = `${this.key(path)}/`;
    let found = false;
    for await (const page of listPages(this, prefix, options)) {
      const keys = page.map(({ key }) => key);
      if (keys.length === 0) continue;
      found = true;
      if (!options.recursive && keys.some((key) => key !== prefix))
        throw fail('failedPrecondition', `Cannot remove "${this.uriOf(path)}": it is not empty`);
      await this.#deleteKeys(path, keys);
    }
    return (await this.removeFile(`${path}${FOLDER_SUFFIX}`, options)) || found;
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } & UfsCallOptions = {}): Promise<void> {
    checkChange(this.uri, 'rename', from, to);
    const source = await this.status(from, options);
    if (source === undefined) throw fail('notFound', `Cannot rename "${this.uriOf(from)}": nothing is there`);
    const target = await this.status(to, options);
    if (target !== undefined && !(options.overwrite === true && !target.directory && !source.directory)) {
      throw fail('alreadyExists', `Cannot rename "${this.uriOf(from)}" to "${this.uriOf(to)}": the target exists`);
    }
    if (!source.directory) {
      await this.#move(this.key(from), this.key(to), source.length, from);
      return;
    }
    const prefix = `${this.key(from)}/`;
    // Copies first, so that a failure in the middle has removed nothing.
    const keys: string[] = [];
    for await (const page of listPages(this, prefix, options)) {
      for (const { key, object: listed } of page) {
        keys.push(key);
        const target = `${this.key(to)}/${key.slice(prefix.length)}`;
        // Not every server copies a marker.
        if (key.endsWith('/') && listed?.Size === 0) await this.#putMarker('rename', from, target);
        else await this.#copy(key, target, from, listed?.Size);
      }
    }
    await this.#deleteKeys(from, keys);
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

  removeAbandoned(options: AbandonedOptions): Promise<number> {
    return abortAbandonedUploads(this, options);
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

  /** The key of a path. Throws `invalidArgument` for a path that no store has. */
  key(path: string): string {
    checkStorePath(path);
    const { prefix } = this.#location;
    return prefix === '' ? path : path === '' ? prefix : `${prefix}/${path}`;
  }

  connection(): Promise<S3Connection> {
    const connection = (this.#connection ??= connectS3(this.#settings));
    // The next request tries again.
    connection.catch(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return connection;
  }

  /** As {@link send}, for a request that may be repeated; `attempt` counts from 0. */
  sendRepeatable<T>(action: string, path: string, run: (connection: S3Connection, attempt: number) => Promise<T>): Promise<T> {
    return retrying(this.#retry, (attempt) => this.send(action, path, (connection) => run(connection, attempt)));
  }

  async send<T>(action: string, path: string, run: (connection: S3Connection) => Promise<T>): Promise<T> {
    try {
      return await run(await this.connection());
    } catch (error) {
      throw this.error(action, path, error);
    }
  }

  async #hasBucket(options: UfsCallOptions): Promise<boolean> {
    try {
      await this.send('look at', '', ({ sdk, client }) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket: this.bucket, MaxKeys: 1 }), {
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
        client.send(new sdk.HeadObjectCommand({ Bucket: this.bucket, Key: this.key(path) }), {
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
      client.send(new sdk.ListObjectsV2Command({ Bucket: this.bucket, Prefix: `${this.key(path)}/`, MaxKeys: 1 }), {
        ...(options.signal !== undefined && { abortSignal: options.signal }),
      }),
    );
    return (answer.Contents?.length ?? 0) > 0 || (await this.#head(`${path}${FOLDER_SUFFIX}`, options)) !== undefined;
  }

  async #putMarker(action: string, path: string, Key: string): Promise<void> {
    await this.sendRepeatable(action, path, ({ sdk, client }) =>
      client.send(new sdk.PutObjectCommand({ Bucket: this.bucket, Key, Body: '', ContentLength: 0 })),
    );
  }

  async #deleteKeys(path: string, keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DELETE_BATCH) {
      const Objects = keys.slice(at, at + DELETE_BATCH).map((Key) => ({ Key }));
      const answer = await this.sendRepeatable('remove', path, ({ sdk, client }) =>
        client.send(new sdk.DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } })),
      );
      const [failed] = answer.Errors ?? [];
      if (failed === undefined) continue;
      const kind = failed.Code === 'AccessDenied' ? 'permissionDenied' : 'unavailable';
      throw fail(kind, `Cannot remove "${this.uriOf(path)}": ${failed.Key} is still there: ${failed.Code} ${failed.Message}`);
    }
  }

  async #move(from: string, to: string, length: number, path: string): Promise<void> {
    await this.#copy(from, to, path, length);
    await this.send('rename', path, ({ sdk, client }) => client.send(new sdk.DeleteObjectCommand({ Bucket: this.bucket, Key: from })));
  }

  #copy(from: string, to: string, path: string, length?: number): Promise<void> {
    return this.sendRepeatable('rename', path, (connection) => copyObject(connection, this.bucket, from, to, length));
  }
}
