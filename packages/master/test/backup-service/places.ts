// Directories for backups that fail and crash as told, and a small format.
import { fail, kindOf } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { decodeBackup, encodeBackup } from '@alluvium/master/backup/index.js';
import { DiskPlace } from '@alluvium/master/backup-service/disk-place.js';
import { readMark } from '@alluvium/master/backup-service/mark.js';
import { backupTimeMs, completeName } from '@alluvium/master/backup-service/names.js';
import type { BackupPlace } from '@alluvium/master/backup-service/place.js';
import { StorePlace } from '@alluvium/master/backup-service/store-place.js';
import { writeBackup, type BackupFormat, type BackupWork, type WrittenBackup } from '@alluvium/master/backup-service/write-backup.js';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimDisk, simGzip } from '@alluvium/testkit';
import type { CreateOptions, UfsWriter } from '@alluvium/ufs';
import { MemoryStore } from '../file/memory-store.js';

export const WRITER = 'cluster-host-19998';

export const ENTRIES: readonly JournalEntry[] = Array.from({ length: 300 }, (_, i) => ({ clusterInfo: { clusterId: `c${i}` } }));

export const format: BackupFormat = {
  async *entries() {
    for (let at = 0; at < ENTRIES.length; at += 100) yield ENTRIES.slice(at, at + 100);
  },
  encode: (entries) => encodeBackup(entries, simGzip),
  decode: (chunks, name) => decodeBackup(chunks, name, simGzip),
};

/** A kind of place; each call of what is below it can fail, once or for good as in a process that is killed. */
export interface Setting {
  readonly kind: string;
  /** As a process sees it that has just begun. */
  open(): BackupPlace;
  /** Calls so far. */
  readonly calls: number;
  /** Lets the call of this number fail, and all after it when the process is killed by it. */
  failAt(call: number, killed: boolean): void;
  /** The process that was killed is gone, and with it what it had not made durable. */
  crash(): void;
  names(): string[];
}

export function diskSetting(seed: number): Setting {
  const disk = new SimDisk(new SeededRandom(seed));
  let calls = 0;
  let failing = (_call: number): boolean => false;
  disk.failpoint = () => (failing(++calls) ? fail('unavailable', 'The disk fails') : undefined);
  return {
    kind: 'a disk',
    open: () => new DiskPlace(disk.mount(), '/var/backups'),
    get calls() {
      return calls;
    },
    failAt(call, killed) {
      calls = 0;
      failing = (now) => now === call || (killed && now > call);
    },
    crash() {
      failing = () => false;
      disk.crash();
    },
    names: () =>
      disk
        .paths()
        .filter((path) => path.startsWith('/var/backups/'))
        .map((path) => path.slice('/var/backups/'.length)),
  };
}

export function storeSetting(): Setting {
  let calls = 0;
  let failing = (_call: number): boolean => false;
  const step = (): void => {
    if (failing(++calls)) throw fail('unavailable', 'The store fails');
  };
  const store = new FailingStore('mem://backups', step);
  return {
    kind: 'a store',
    open: () => new StorePlace(store),
    get calls() {
      return calls;
    },
    failAt(call, killed) {
      calls = 0;
      failing = (now) => now === call || (killed && now > call);
    },
    crash() {
      failing = () => false;
    },
    names: () => store.paths(),
  };
}

/** Fails where a writer is at work too, and after a call has done what it was to do. */
class FailingStore extends MemoryStore {
  readonly #step: () => void;

  constructor(uri: string, step: () => void) {
    super(uri);
    this.#step = step;
    this.before = step;
    this.after = step;
  }

  override async create(path: string, options?: CreateOptions): Promise<UfsWriter> {
    const writer = await super.create(path, options);
    return {
      write: async (parts) => {
        this.#step();
        await writer.write(parts);
      },
      commit: async () => {
        this.#step();
        const committed = await writer.commit();
        this.#step();
        return committed;
      },
      abort: () => writer.abort(),
    };
  }
}

export function workOn(place: BackupPlace, more: Partial<BackupWork> = {}): BackupWork {
  return {
    place,
    format,
    id: 'an id',
    writer: WRITER,
    scheduled: false,
    log: silentLogger,
    nowMs: () => 1_800_000_000_000,
    settled: () => undefined,
    progress: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

/** Undefined when it fails as the setting was told to. */
export async function tryToWrite(work: BackupWork): Promise<WrittenBackup | undefined> {
  try {
    return await writeBackup(work);
  } catch (error) {
    if (kindOf(error) !== 'unavailable') throw error;
    return undefined;
  }
}

/** The complete backups of a directory, each of them read and found whole; other names. */
export async function contents(place: BackupPlace): Promise<{ readonly complete: string[]; readonly others: string[] }> {
  const names = (await place.list()).map(({ name }) => name).sort();
  const complete = names.filter((name) => backupTimeMs(name) !== undefined && names.includes(completeName(name)));
  for (const name of complete) {
    let entries = 0;
    for await (const batch of format.decode(place.read(name), name)) entries += batch.length;
    if (entries !== (await readMark(place, completeName(name)))?.entries) throw new Error(`${name} is not what its mark says`);
  }
  return { complete, others: names.filter((name) => !complete.some((each) => name === each || name === completeName(each))) };
}
