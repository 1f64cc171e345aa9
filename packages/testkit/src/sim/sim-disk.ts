// A disk in memory that forgets at a crash what was not synced: file content until sync(), names until syncDirectory(). It fails,
// dawdles and rots as it is told.
import { fail, sleep, type AlluviumError, type Clock } from '@alluvium/base';
import type { Disk, DiskEntry, DiskSpace } from '@alluvium/platform';
import { isShared, overwrite, owned, resize } from './disk-bytes.js';
import { Content } from './disk-content.js';
import { MountedDisk, parentOf } from './mounted-disk.js';
import { Pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';

/** One verb of the disk, as a failpoint sees it. */
export interface DiskCall {
  readonly verb:
    | 'list'
    | 'stat'
    | 'open'
    | 'read'
    | 'write'
    | 'sync'
    | 'truncate'
    | 'rename'
    | 'remove'
    | 'makeDirectory'
    | 'removeDirectory'
    | 'syncDirectory';
  readonly path: string;
}

export interface SimDiskOptions {
  readonly capacityBytes?: number;
  /** Each call takes up to so long on `clock`; absent: no time. */
  readonly latency?: { readonly clock: Clock; readonly maxMs: number };
}

/** What the device does wrong for the time being. Shares of calls that fail with EIO. */
export interface DiskFaults {
  readErrors: number;
  writeErrors: number;
  /** Of files and directories. */
  syncErrors: number;
  /** Longest time of a sync, besides the latency of every call. */
  maxSyncMs: number;
  /** Only calls on paths that begin so fail. */
  below: string;
}

/** The process that uses a mount. */
export interface DiskUser {
  readonly isAlive: () => boolean;
  readonly pause: Pause;
}

type Node = Content | 'directory';
type NameChange =
  | { readonly set: string; readonly node: Node }
  | { readonly unset: string }
  | { readonly from: string; readonly to: string };

const FAULTLESS: Readonly<DiskFaults> = { readErrors: 0, writeErrors: 0, syncErrors: 0, maxSyncMs: 0, below: '/' };
const MUST_NOT_WAIT = 'Calls of a disk without a clock take no time';

export class SimDisk {
  readonly #random: SeededRandom;
  readonly #options: SimDiskOptions;
  #names = new Map<string, Node>([['/', 'directory']]);
  #durableNames = new Map<string, Node>([['/', 'directory']]);
  /** Per directory, in order. */
  readonly #unsyncedNames = new Map<string, NameChange[]>();
  #generation = 0;
  #usedBytes = 0;
  capacityBytes: number;
  readonly faults: DiskFaults = { ...FAULTLESS };
  /** How many calls have failed by {@link faults} so far. */
  failures = 0;
  /** A disk that lies: it confirms a sync and does nothing. */
  losesSyncs = false;
  /** Called before each verb: may throw, which the caller of the disk sees, or count. */
  failpoint: ((call: DiskCall) => AlluviumError | undefined) | undefined;
  /** Called after a sync, before its caller is told. */
  synced: ((path: string) => void) | undefined;

  constructor(random: SeededRandom, options: SimDiskOptions = {}) {
    this.#random = random;
    this.#options = options;
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The disk as one process sees it, until that dies, or {@link crash}: calls that were under way then never return. */
  mount(process: DiskUser = { isAlive: () => true, pause: new Pause() }): Disk {
    const generation = this.#generation;
    const isAlive = (): boolean => generation === this.#generation && process.isAlive();
    return new MountedDisk(this, { isAlive, pause: process.pause });
  }

  /**
   * Power is lost: of what was not synced, each directory keeps its changes of names in order up to some point, and each sector of a
   * file what was written to it up to some moment, each on its own.
   */
  crash(): void {
    this.#generation++;
    for (const changes of this.#unsyncedNames.values()) {
      for (const change of changes.slice(0, this.#random.below(changes.length + 1))) applyName(this.#durableNames, change);
    }
    this.#unsyncedNames.clear();
    for (const path of [...this.#durableNames.keys()].sort()) {
      if (path !== '/' && this.#durableNames.get(parentOf(path)) !== 'directory') this.#durableNames.delete(path);
    }
    this.#names = new Map(this.#durableNames);
    for (const node of this.#contents()) node.crash(this.#random);
    this.#measure();
  }

  /**
   * Everything a process wrote is kept: it was killed, the machine was not. The cache may drop what it wrongly takes for clean,
   * though.
   */
  kill(): void {
    this.#generation++;
    this.forgetDoubtful();
  }

  /** Memory gets short: of some files whose sync has failed, the cache drops what it takes for clean. */
  forgetDoubtful(): void {
    for (const node of this.#contents()) if (node.isDoubtful && node.unsynced.length === 0 && this.#random.chance(0.5)) node.forget();
    this.#measure();
  }

  /** Flips one bit of a file, on the disk and in memory. */
  flipBit(path: string, bit: number): void {
    const node = this.#file(path);
    node.durable = owned(node.durable);
    node.volatile = owned(node.volatile);
    for (const bytes of [node.durable, node.volatile]) if (bit >> 3 < bytes.length) bytes[bit >> 3]! ^= 1 << (bit & 7);
  }

  /** A new disk in the place of this one. */
  wipe(): void {
    this.crash();
    this.#names = new Map([['/', 'directory']]);
    this.#durableNames = new Map(this.#names);
    this.#usedBytes = 0;
  }

  /** The files below a directory as they are on the platter: what is surely left after a crash. */
  durableFiles(directory: string): Map<string, Buffer> {
    const out = new Map<string, Buffer>();
    for (const [path, node] of this.#durableNames)
      if (node !== 'directory' && path.startsWith(`${directory}/`))
        out.set(path, isShared(node.durable) ? node.durable : Buffer.from(node.durable));
    return out;
  }

  /** Puts a file there as an operator does while no process runs, durable at once. */
  restore(path: string, bytes: Uint8Array): void {
    const node = new Content();
    node.durable = Buffer.from(bytes);
    node.forget();
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) {
      this.#names.set(at, 'directory');
      this.#durableNames.set(at, 'directory');
    }
    this.#names.set(path, node);
    this.#durableNames.set(path, node);
    this.#measure();
  }

  /** Of a file, as processes see it; undefined for anything else. */
  lengthOf(path: string): number | undefined {
    const node = this.#names.get(path);
    return node === undefined || node === 'directory' ? undefined : node.volatile.length;
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Enters a verb: fails where told to, takes its time, and never returns for a process that died meanwhile. */
  async enter({ isAlive, pause }: DiskUser, call: DiskCall): Promise<void> {
    if (!isAlive()) return new Promise(() => {});
    const error = this.failpoint?.(call);
    if (error !== undefined) throw error;
    const { latency } = this.#options;
    if (latency !== undefined) await sleep(latency.clock, this.#random.next() * latency.maxMs);
    if (call.verb === 'sync' && this.faults.maxSyncMs > 0) await this.#dawdle();
    // What was not done before its process was stopped is done when that goes on.
    if (pause.isOn) await pause.over();
    if (!isAlive()) await new Promise(() => {});
    this.#failAsTold(call);
  }

  /** The end of a verb, for a process that may have died meanwhile. */
  async leave({ isAlive, pause }: DiskUser): Promise<void> {
    if (pause.isOn) await pause.over();
    if (!isAlive()) await new Promise(() => {});
  }

  node(path: string): Node | undefined {
    return this.#names.get(path);
  }

  changeName(directory: string, change: NameChange): void {
    applyName(this.#names, change);
    const changes = this.#unsyncedNames.get(directory);
    if (changes === undefined) this.#unsyncedNames.set(directory, [change]);
    else changes.push(change);
  }

  syncNames(directory: string): void {
    for (const change of this.#unsyncedNames.get(directory) ?? []) applyName(this.#durableNames, change);
    this.#unsyncedNames.delete(directory);
  }

  sync(node: Content, path: string): void {
    if (this.losesSyncs) return;
    if (this.faults.syncErrors > 0 && path.startsWith(this.faults.below) && this.#random.chance(this.faults.syncErrors)) {
      node.failSync(this.#random);
      throw this.#inputOutputError({ verb: 'sync', path });
    }
    node.sync();
    this.synced?.(path);
  }

  write(node: Content, position: number, bytes: Buffer): void {
    const grown = Math.max(0, position + bytes.length - node.volatile.length);
    const room = Math.max(0, this.capacityBytes - this.#usedBytes);
    // As on a real disk, what fits is written before the error comes.
    const fitting = grown <= room ? bytes : bytes.subarray(0, Math.max(0, bytes.length - (grown - room)));
    this.#usedBytes += Math.min(grown, room);
    node.volatile = overwrite(node.volatile, position, fitting);
    node.unsynced.push({ position, bytes: fitting });
    if (fitting.length < bytes.length) throw fail('resourceExhausted', 'No space left on the simulated disk');
  }

  truncate(node: Content, length: number): void {
    this.#usedBytes += length - node.volatile.length;
    node.volatile = resize(node.volatile, length);
    node.unsynced.push({ length });
  }

  /** The cache drops what it takes for clean, which of a disk that lies is everything. */
  forget(node: Content): void {
    if (node.unsynced.length > 0 && !this.losesSyncs) return;
    node.unsynced = [];
    node.forget();
    this.#measure();
  }

  release(node: Node | undefined): void {
    if (node !== undefined && node !== 'directory') this.#usedBytes -= node.volatile.length;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  space(): DiskSpace {
    return { capacityBytes: this.capacityBytes, availableBytes: Math.max(0, this.capacityBytes - this.#usedBytes) };
  }

  children(path: string): DiskEntry[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    const out: DiskEntry[] = [];
    for (const [other, node] of this.#names) {
      if (other === '/' || !other.startsWith(prefix) || other.includes('/', prefix.length)) continue;
      out.push({ name: other.slice(prefix.length), kind: node === 'directory' ? 'directory' : 'file' });
    }
    return out.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #dawdle(): Promise<void> {
    const { latency } = this.#options;
    if (latency === undefined) throw fail('internal', MUST_NOT_WAIT);
    await sleep(latency.clock, this.#random.next() * this.faults.maxSyncMs);
  }

  /** Files fail at their sync only once it has been tried. */
  #failAsTold(call: DiskCall): void {
    const { readErrors, writeErrors, syncErrors, below } = this.faults;
    if (!call.path.startsWith(below)) return;
    const share = SHARE_OF[call.verb] === 'read' ? readErrors : SHARE_OF[call.verb] === 'write' ? writeErrors : 0;
    const chance = call.verb === 'syncDirectory' ? syncErrors : share;
    if (chance > 0 && this.#random.chance(chance)) throw this.#inputOutputError(call);
  }

  #inputOutputError({ verb, path }: DiskCall): AlluviumError {
    this.failures++;
    return fail('dataLoss', `Cannot ${verb} "${path}": the simulated device reports an input/output error (EIO)`);
  }

  #contents(): Set<Content> {
    const out = new Set<Content>();
    for (const node of this.#names.values()) if (node !== 'directory') out.add(node);
    return out;
  }

  #measure(): void {
    this.#usedBytes = 0;
    for (const node of this.#contents()) this.#usedBytes += node.volatile.length;
  }

  #file(path: string): Content {
    const node = this.#names.get(path);
    if (node === undefined || node === 'directory') throw fail('notFound', `No file ${path} on the simulated disk`);
    return node;
  }
}

const SHARE_OF: Readonly<Partial<Record<DiskCall['verb'], 'read' | 'write'>>> = {
  list: 'read',
  read: 'read',
  open: 'write',
  write: 'write',
  truncate: 'write',
  rename: 'write',
  remove: 'write',
};

function applyName(names: Map<string, Node>, change: NameChange): void {
  if ('set' in change) names.set(change.set, change.node);
  else if ('unset' in change) names.delete(change.unset);
  else {
    const node = names.get(change.from);
    if (node === undefined) return;
    names.delete(change.from);
    names.set(change.to, node);
    if (node !== 'directory') return;
    for (const [path, below] of [...names]) {
      if (!path.startsWith(`${change.from}/`)) continue;
      names.delete(path);
      names.set(change.to + path.slice(change.from.length), below);
    }
  }
}
