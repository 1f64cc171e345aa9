import { fail, kindOf } from '@alluvium/base';
import type { UnderStore } from '@alluvium/ufs';
import type { BackupPlace, PlacedFile } from './place.js';

/** A backup holds the credentials of mounted stores. */
const FILE_MODE = 0o600;
/** What a killed writer left unseen in the store, parts of an upload, is removed when it is so old. */
const ABANDONED_MS = 24 * 3_600_000;

/** A directory of an under store, opened for this; the store's root is the directory. */
export class StorePlace implements BackupPlace {
  readonly uri: string;
  readonly #store: UnderStore;

  constructor(store: UnderStore) {
    this.uri = store.uri;
    this.#store = store;
  }

  async list(): Promise<PlacedFile[]> {
    const files: PlacedFile[] = [];
    try {
      for await (const { name, directory, length } of this.#store.list('')) if (!directory) files.push({ name, bytes: length });
    } catch (error) {
      if (kindOf(error) === 'notFound') return [];
      throw error;
    }
    return files;
  }

  async write(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const writer = await this.#store.create(name, { mode: FILE_MODE });
    try {
      for await (const chunk of chunks) await writer.write([chunk]);
      return (await writer.commit()).length;
    } catch (error) {
      // The first failure is the one to tell.
      await writer.abort().catch(() => undefined);
      throw error;
    }
  }

  async *read(name: string): AsyncIterable<Buffer> {
    const status = await this.#store.status(name);
    if (status === undefined || status.directory) throw fail('notFound', `Cannot read "${this.uri}/${name}": it is not there`);
    if (status.length === 0) return;
    const version = status.contentHash === undefined ? {} : { ifMatch: status.contentHash };
    for await (const chunk of this.#store.read(name, { offset: 0, length: status.length, ...version }))
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }

  async move(from: string, to: string): Promise<void> {
    await this.#store.rename(from, to);
  }

  async remove(name: string): Promise<void> {
    await this.#store.removeFile(name);
  }

  async removeAbandoned(nowMs: number): Promise<void> {
    await this.#store.removeAbandoned?.({ olderThanMs: ABANDONED_MS, nowMs });
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
