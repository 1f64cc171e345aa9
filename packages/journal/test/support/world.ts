import assert from 'node:assert/strict';
import { fail, type AlluviumError } from '@alluvium/base';
import {
  localDirectoryStorage,
  openJournal,
  type AroundDiskCall,
  type DiskCallName,
  type Journal,
  type JournalOptions,
  type JournalStorage,
} from '@alluvium/journal';
import { silentLogger, type Logger } from '@alluvium/platform';
import { SeededRandom, SimClock, SimDisk, type DiskCall } from '@alluvium/testkit';
import { Ledger, operation, sorted, stateAfter } from './ledger.js';

export const HOME = '/home/journal';
export const SMALL: Partial<JournalOptions> = { reserveBytes: 0, segmentBytes: 400 };

/** A master reduced to its journal, on a disk that can be crashed, and the memory of what it was told. */
/** Small, so that a disk that is copied at every step stays small. */
const GROWTH_BYTES = 1024;

export class World {
  readonly clock = new SimClock();
  log: Logger = silentLogger;
  readonly disk: SimDisk;
  readonly options: Partial<JournalOptions>;
  /** Put around the storage by a test that wants to hold it up. */
  wrap: (storage: JournalStorage) => JournalStorage = (storage) => storage;
  /** Put around each call of the disk. */
  around: AroundDiskCall = (_name, _path, call) => call();
  journal!: Journal;
  ledger!: Ledger;
  /** The tags of all operations appended, by sequence; cut at a start to what was recovered. */
  tags: number[] = [];
  /** Operations that were acknowledged. */
  acknowledged = 0;
  #nextTag = 1;

  constructor(options: Partial<JournalOptions> = SMALL, disk = new SimDisk(new SeededRandom(1))) {
    this.options = options;
    this.disk = disk;
  }

  /** Starts, and checks that what was acknowledged is there and nothing that was never appended. */
  async open(): Promise<void> {
    this.ledger = new Ledger();
    const storage = this.wrap(
      localDirectoryStorage(this.disk.mount(), HOME, GROWTH_BYTES, (name, path, call) => this.around(name, path, call)),
    );
    const { clock, options, ledger: state } = this;
    this.journal = await openJournal({ storage, clock, log: this.log, state, options });
    const { lastSequence } = this.journal;
    assert.ok(lastSequence >= this.acknowledged, `${this.acknowledged} operations were acknowledged, ${lastSequence} recovered`);
    assert.ok(lastSequence <= this.tags.length, `${this.tags.length} operations were appended, ${lastSequence} recovered`);
    this.tags.length = this.acknowledged = lastSequence;
    this.check();
  }

  check(): void {
    assert.deepEqual(sorted(this.ledger.lengths), sorted(stateAfter(this.tags)));
  }

  append(count = 1): void {
    for (let i = 0; i < count; i++) {
      const entries = operation(this.#nextTag);
      const sequence = this.journal.append(entries);
      for (const entry of entries) this.ledger.apply(entry);
      this.tags.push(this.#nextTag++);
      assert.equal(sequence, this.tags.length);
    }
  }

  async flush(): Promise<void> {
    const upTo = this.journal.lastSequence;
    await this.journal.flushed();
    this.acknowledged = Math.max(this.acknowledged, upTo);
  }

  async commit(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.append();
      await this.flush();
    }
  }

  async close(): Promise<void> {
    await this.journal.close();
  }

  files(folder: 'segments' | 'checkpoints' | 'epochs'): string[] {
    return this.disk.paths().filter((path) => path.startsWith(`${HOME}/${folder}/`));
  }

  lastSegment(): string {
    return this.files('segments').at(-1)!;
  }

  read(path: string): Promise<Buffer> {
    return this.disk.mount().readFile(path);
  }

  /** A file of the given bytes, durable. */
  async put(path: string, bytes: Uint8Array): Promise<void> {
    const disk = this.disk.mount();
    const directory = path.slice(0, path.lastIndexOf('/'));
    await disk.makeDirectory(directory);
    await using file = await disk.open(path, 'write');
    await file.write([bytes], 0);
    await file.sync();
    await disk.syncDirectory(directory);
  }

  /** The same world on another disk with the same files. */
  async copy(): Promise<World> {
    const other = new World(this.options);
    for (const folder of ['epochs', 'segments', 'checkpoints'] as const) {
      for (const path of this.files(folder)) await other.put(path, await this.read(path));
    }
    other.tags = [...this.tags];
    other.acknowledged = this.acknowledged;
    other.#nextTag = this.#nextTag;
    return other;
  }

  /** Fails calls that `match` picks, until told otherwise. */
  failing(match: (call: DiskCall) => boolean, error: AlluviumError = fail('dataLoss', 'EIO')): void {
    this.disk.failpoint = (call) => (match(call) ? error : undefined);
  }
}

export const isSegment = ({ path }: DiskCall): boolean => path.endsWith('.seg');

/**
 * Does something to one call of a name, the first of them being 1: `before` it, `after` it, or `instead` of it, which throws. Answers
 * how often there was such a call.
 */
export function at(
  world: World,
  name: DiskCallName,
  which: number,
  act: { before?(): unknown; after?(): unknown; instead?: AlluviumError },
): () => number {
  let seen = 0;
  world.around = async (called, _path, call) => {
    if (called !== name || ++seen !== which) return call();
    if (act.instead !== undefined) throw act.instead;
    await act.before?.();
    const result = await call();
    await act.after?.();
    return result;
  };
  return () => seen;
}

/** What a journal that went through anything must still be good for. */
export async function outlive(world: World): Promise<void> {
  await world.open();
  // What was recovered is a ground to build on: it survives a loss of power, with what came after.
  await world.commit(2);
  world.disk.crash();
  await world.open();
  await world.commit(1);
  await world.journal.checkpoint();
  world.disk.crash();
  await world.open();
  await loseNewestCheckpoint(world);
}

/** The newest checkpoint is damaged, where there is another: what it had must come from that one and the log. */
export async function loseNewestCheckpoint(world: World): Promise<void> {
  const checkpoints = world.files('checkpoints');
  if (checkpoints.length < 2) return;
  await world.close();
  world.acknowledged = world.tags.length;
  world.disk.flipBit(checkpoints.at(-1)!, 300);
  await world.open();
}

/** A storage as an object of functions, of which a test replaces some. */
export function bound(storage: JournalStorage): JournalStorage {
  const names: (keyof JournalStorage)[] = [
    'describe',
    'sizeOf',
    'space',
    'claimEpoch',
    'isFenced',
    'segments',
    'readSegment',
    'createSegment',
    'rewriteSegment',
    'syncSegment',
    'truncateSegment',
    'removeSegment',
    'checkpoints',
    'readCheckpoint',
    'createCheckpoint',
    'removeCheckpoint',
    'reserve',
    'releaseReserve',
    'cleanUp',
  ];
  return Object.fromEntries(names.map((name) => [name, storage[name].bind(storage)])) as unknown as JournalStorage;
}
