// A page that is not what was stored gets its bytes back from another copy: a replica or the under store, whichever can prove them by
// the page's own checksum. Readers who met the damage wait for it and read on.
//
//   damaged --bytes with the right sum found--> mended in place
//      |----the store has other bytes now-----> dropped      (the copy is of a file that was replaced)
//      |----nobody has them-------------------> quarantined  (the other pages are served on; tried again later)
import { fail, fileIdOfBlock, kindOf, messageOf, withinTime, type BlockId, type Clock, type InodeId } from '@alluvium/base';
import type { Address } from '@alluvium/net';
import { crc32c, type Disk, type Logger } from '@alluvium/platform';
import type { fileSystemMaster } from '@alluvium/wire';
import type { Counters } from '../counters.js';
import type { Block } from '../store/block.js';
import type { BlockStore } from '../store/block-store.js';
import type { StorageDirectory } from '../store/storage-directory.js';
import type { Peers } from '../transfer/peers.js';
import type { Mounts } from '../under/mounts.js';
import { readStored } from '../under/read-stored.js';
import { blockSources, type BlockSources } from './block-sources.js';

export interface FileSource {
  /** What the master knows of a file. Throws `notFound` for one that is gone. */
  fileInfo(file: InodeId): Promise<fileSystemMaster.FileInfo>;
}

export interface RepairDependencies {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly peers: Peers;
  readonly mounts: Mounts;
  readonly counters: Counters;
  readonly files: FileSource;
  readonly isSelf: (host: string, port: number) => boolean;
}

export type RepairOutcome = 'mended' | 'dropped' | 'quarantined';

/** Before a quarantined page is tried again: its other copies may have come back. */
const RETRY_MS = 10_000;
/** Quarantined pages that are remembered; of further ones each read tries anew. */
const MAX_REMEMBERED = 10_000;
/** A source that hangs is given up, and the next one asked. */
const SOURCE_TIMEOUT_MS = 30_000;

/** Where damaged pages are taken to. One repair of a page at a time, however many meet it. */
export class PageRepair {
  readonly #d: RepairDependencies;
  readonly #running = new Map<string, Promise<RepairOutcome>>();
  /** When each page that nobody could mend may be tried again. */
  readonly #quarantined = new Map<string, { readonly block: Block; readonly retryMs: number }>();

  constructor(dependencies: RepairDependencies) {
    this.#d = dependencies;
  }

  /** Pages that are known to be damaged and that nobody has other bytes for. */
  get quarantined(): number {
    for (const [key, { block }] of this.#quarantined) if (block.leaving !== undefined) this.#quarantined.delete(key);
    return this.#quarantined.size;
  }

  /** Does not throw. */
  repair(block: Block, page: number): Promise<RepairOutcome> {
    const key = `${block.id}/${page}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const known = this.#quarantined.get(key);
    if (known?.block.generation === block.generation && this.#d.clock.monotonicMs() < known.retryMs) return Promise.resolve('quarantined');
    const begun = this.#repair(block, page, key).finally(() => this.#running.delete(key));
    this.#running.set(key, begun);
    return begun;
  }

  /** Resolves when no repair is under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #repair(block: Block, page: number, key: string): Promise<RepairOutcome> {
    const { store, log, counters, clock } = this.#d;
    const where = { block: block.id.toString(), page };
    if (!this.#quarantined.has(key)) {
      counters.pagesDamaged++;
      log.error('damaged page', where);
    }
    store.hold(block);
    try {
      const outcome = await this.#mend(block, page);
      this.#quarantined.delete(key);
      if (outcome === 'mended') counters.pagesRepaired++;
      else store.dropDamaged(block);
      log.info(outcome === 'mended' ? 'damaged page mended' : 'copy dropped: the store has other bytes now', where);
      return outcome;
    } catch (error) {
      if (this.#quarantined.size < MAX_REMEMBERED) this.#quarantined.set(key, { block, retryMs: clock.monotonicMs() + RETRY_MS });
      log.error('damaged page quarantined', { ...where, kind: kindOf(error), reason: messageOf(error) });
      return 'quarantined';
    } finally {
      store.release(block);
    }
  }

  /** Throws when no source has the bytes. */
  async #mend(block: Block, page: number): Promise<'mended' | 'dropped'> {
    const sources = await this.#sources(block.id);
    if (sources === undefined) return 'dropped';
    const from = page * block.pageBytes;
    const length = Math.min(block.pageBytes, block.length - from);
    let failure: unknown = fail('dataLoss', 'there is no other copy');
    for (const worker of sources.workers) {
      try {
        const bytes = await this.#limited((signal) => collect(this.#fromPeer(block.id, worker, { from, length, signal }), length));
        if (crc32c(bytes) !== block.sumOf(page)) throw fail('dataLoss', `the copy at ${worker.host}:${worker.port} has other bytes`);
        await this.#write(block, from, bytes);
        return 'mended';
      } catch (error) {
        failure = error;
      }
    }
    const { stored } = sources;
    if (stored === undefined) throw failure;
    const bytes = await this.#limited((signal) => collect(readStored(this.#d, stored, { from, length: from + length, signal }), length));
    if (crc32c(bytes) !== block.sumOf(page)) return 'dropped';
    await this.#write(block, from, bytes);
    return 'mended';
  }

  /** Undefined for a block whose file is gone. */
  async #sources(id: BlockId): Promise<BlockSources | undefined> {
    try {
      return blockSources(id, await this.#d.files.fileInfo(fileIdOfBlock(id)), this.#d.isSelf);
    } catch (error) {
      if (kindOf(error) === 'notFound') return undefined;
      throw error;
    }
  }

  async *#fromPeer(id: BlockId, worker: Address, { from, length, signal }: Range): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#d.peers.read(worker, { id, offset: from, length, signal })) yield* chunk.parts;
  }

  /** The file may move to another directory meanwhile; then the moved one is written. */
  async #write(block: Block, position: number, bytes: Buffer): Promise<void> {
    let written: StorageDirectory;
    do {
      written = block.directory;
      await using file = await this.#d.disk.open(written.layout.block(block.id), 'update');
      await file.write([bytes], position);
      await file.sync();
    } while (written !== block.directory);
  }

  #limited<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = (): Error => fail('deadlineExceeded', 'the source did not answer in time');
    return withinTime(this.#d.clock, SOURCE_TIMEOUT_MS, late, work);
  }
}

interface Range {
  readonly from: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

/** Copies: the parts may be gone when the next one comes. Throws `outOfRange` when they are not `length` bytes. */
async function collect(parts: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const out = Buffer.alloc(length);
  let at = 0;
  for await (const part of parts) {
    if (at + part.length > length) throw fail('outOfRange', `a source sent more than the ${length} bytes of the page`);
    out.set(part, at);
    at += part.length;
  }
  if (at !== length) throw fail('outOfRange', `a source has ${at} bytes of the page; ${length} wanted`);
  return out;
}
