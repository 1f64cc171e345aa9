// A disk in memory that forgets at a crash what was not synced: file content until sync(), names until syncDirectory().
import { fail, sleep, type AlluviumError, type Clock } from '@alluvium/base';
import type { Disk, DiskEntry, DiskFile, DiskSpace, DiskStat } from '@alluvium/platform';
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

interface Content {
  /** What survives a crash. */
  durable: Buffer;
  volatile: Buffer;
  /** Since the last sync, in order. */
  unsynced: ({ position: number; bytes: Buffer } | { length: number })[];
}

const SECTOR_BYTES = 512;
/** What is reserved is written in zeros, megabytes of them: they are one and the same until something else is written. Read only. */
const ZEROS = Buffer.from(new ArrayBuffer(32 << 20));
const MIN_ZEROS = 4096;

type Node = Content | 'directory';
type NameChange =
  | { readonly set: string; readonly node: Node }
  | { readonly unset: string }
  | { readonly from: string; readonly to: string };

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

  /** The disk as one process sees it, until {@link crash}: calls that were under way then never return. */
  mount(): Disk {
    return new MountedDisk(this, this.#generation);
  }

  /**
   * Power is lost: of what was not synced, each name change survives in order up to some point, each write whole, cut short, with
   * sectors missing, or not at all.
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
    this.#usedBytes = 0;
    for (const node of new Set(this.#names.values())) {
      if (node === 'directory') continue;
      for (const op of node.unsynced) {
        if ('length' in op) {
          if (this.#random.chance(0.5)) node.durable = resize(node.durable, op.length);
        } else if (!this.#random.chance(0.3)) {
          node.durable = this.#survive(node.durable, op.position, op.bytes);
        }
      }
      node.unsynced = [];
      node.volatile = isShared(node.durable) ? node.durable : copyOf(node.durable);
      this.#usedBytes += node.volatile.length;
    }
  }

  #survive(before: Buffer, position: number, bytes: Buffer): Buffer {
    if (this.#random.chance(0.4)) return overwrite(before, position, bytes);
    if (this.#random.chance(0.5)) return overwrite(before, position, bytes.subarray(0, this.#random.below(bytes.length + 1)));
    const kept: { readonly at: number; readonly end: number }[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
      if (this.#random.chance(0.5)) kept.push({ at, end });
      at = end;
    }
    const after = owned(resize(before, Math.max(before.length, position + (kept.at(-1)?.end ?? 0))));
    for (const { at, end } of kept) bytes.copy(after, position + at, at, end);
    return after;
  }

  /** Everything a process wrote is kept: it was killed, the machine was not. */
  kill(): void {
    this.#generation++;
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

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Enters a verb: fails where told to, takes its time, and never returns for a process that died meanwhile. */
  async enter(generation: number, call: DiskCall): Promise<void> {
    if (generation !== this.#generation) return new Promise(() => {});
    const error = this.failpoint?.(call);
    if (error !== undefined) throw error;
    const { latency } = this.#options;
    if (latency !== undefined) await sleep(latency.clock, this.#random.next() * latency.maxMs);
    if (generation !== this.#generation) await new Promise(() => {});
  }

  /** The end of a verb, for a process that may have died meanwhile. */
  async leave(generation: number): Promise<void> {
    if (generation !== this.#generation) await new Promise(() => {});
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

  #file(path: string): Content {
    const node = this.#names.get(path);
    if (node === undefined || node === 'directory') throw fail('notFound', `No file ${path} on the simulated disk`);
    return node;
  }
}

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

function overwrite(bytes: Buffer, position: number, by: Buffer): Buffer {
  const end = position + by.length;
  if (isShared(by) && position === bytes.length && end <= ZEROS.length && (isShared(bytes) || bytes.length === 0))
    return ZEROS.subarray(0, end);
  const own = owned(bytes);
  const out = end <= own.length ? own : resize(own, end);
  by.copy(out, position);
  return out;
}

function isShared({ buffer }: Buffer): boolean {
  return buffer === ZEROS.buffer;
}

function owned(bytes: Buffer): Buffer {
  return isShared(bytes) ? copyOf(bytes) : bytes;
}

/** Bytes as they are at this moment. */
function taken(parts: readonly Uint8Array[]): Buffer {
  const [only] = parts;
  if (parts.length === 1 && only!.length >= MIN_ZEROS && only!.length <= ZEROS.length) {
    const zeros = ZEROS.subarray(0, only!.length);
    if (zeros.equals(only!)) return zeros;
  }
  return Buffer.concat(parts);
}

/** Memory of its own: growing in place must not reach into a pool. */
function copyOf(bytes: Buffer): Buffer {
  if (isShared(bytes)) return Buffer.from(new ArrayBuffer(bytes.length));
  const out = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(out);
  return out;
}

function resize(bytes: Buffer, length: number): Buffer {
  if (length <= bytes.length) return bytes.subarray(0, length);
  if (isShared(bytes) && length <= ZEROS.length) return ZEROS.subarray(0, length);
  let grown = owned(bytes);
  if (grown.buffer.byteLength < length) {
    grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * bytes.length));
    bytes.copy(grown);
  }
  const out = Buffer.from(grown.buffer, 0, length);
  out.fill(0, bytes.length);
  return out;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

class MountedDisk implements Disk {
  readonly #disk: SimDisk;
  readonly #generation: number;

  constructor(disk: SimDisk, generation: number) {
    this.#disk = disk;
    this.#generation = generation;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#enter('makeDirectory', path);
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const node = this.#disk.node(part);
      if (node === undefined) this.#disk.changeName(parentOf(part), { set: part, node: 'directory' });
      else if (node !== 'directory') throw fail('alreadyExists', `Cannot make "${path}": ${part} is a file`);
      if (end < 0) return;
    }
  }

  async list(path: string): Promise<DiskEntry[]> {
    await this.#enter('list', path);
    if (this.#disk.node(path) !== 'directory') throw fail('notFound', `No directory ${path}`);
    return this.#disk.children(path);
  }

  async stat(path: string): Promise<DiskStat | undefined> {
    await this.#enter('stat', path);
    const node = this.#disk.node(path);
    if (node === undefined) return undefined;
    const common = { modifiedMs: 0, mode: 0o644, uid: 0, gid: 0 };
    return node === 'directory' ? { kind: 'directory', length: 0, ...common } : { kind: 'file', length: node.volatile.length, ...common };
  }

  async open(path: string, access: 'read' | 'write' | 'create' | 'update'): Promise<DiskFile> {
    await this.#enter('open', path);
    let node = this.#disk.node(path);
    if (node === 'directory') throw fail('failedPrecondition', `Cannot open "${path}": it is a directory`);
    if (node === undefined) {
      if (access === 'read' || this.#disk.node(parentOf(path)) !== 'directory') throw fail('notFound', `No file ${path}`);
      node = { durable: Buffer.alloc(0), volatile: Buffer.alloc(0), unsynced: [] };
      this.#disk.changeName(parentOf(path), { set: path, node });
    } else if (access === 'create') {
      throw fail('alreadyExists', `Cannot create "${path}": it exists`);
    } else if (access === 'write') {
      this.#disk.truncate(node, 0);
    }
    return new SimFile(this.#disk, this.#generation, path, node);
  }

  async readFile(path: string): Promise<Buffer> {
    await using file = await this.open(path, 'read');
    const out = Buffer.alloc(await file.length());
    await file.read(out, 0);
    return out;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#enter('rename', from);
    if (this.#disk.node(from) === undefined) throw fail('notFound', `No file ${from}`);
    this.#disk.release(this.#disk.node(to));
    this.#disk.changeName(parentOf(to), { from, to });
  }

  async remove(path: string): Promise<void> {
    await this.#enter('remove', path);
    const node = this.#disk.node(path);
    if (node === undefined) return;
    if (node === 'directory') throw fail('failedPrecondition', `Cannot remove "${path}": it is a directory`);
    this.#disk.release(node);
    this.#disk.changeName(parentOf(path), { unset: path });
  }

  async removeDirectory(path: string, options?: { recursive?: boolean }): Promise<void> {
    await this.#enter('removeDirectory', path);
    if (this.#disk.node(path) === undefined) return;
    const children = this.#disk.children(path);
    if (children.length > 0 && options?.recursive !== true) throw fail('failedPrecondition', `Cannot remove "${path}": it is not empty`);
    for (const child of children) {
      const below = `${path}/${child.name}`;
      if (child.kind === 'directory') await this.removeDirectory(below, { recursive: true });
      else await this.remove(below);
    }
    this.#disk.changeName(parentOf(path), { unset: path });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#enter('syncDirectory', path);
    this.#disk.syncNames(path);
  }

  async space(): Promise<DiskSpace> {
    return this.#disk.space();
  }

  #enter(verb: DiskCall['verb'], path: string): Promise<void> {
    return this.#disk.enter(this.#generation, { verb, path });
  }
}

class SimFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimDisk;
  readonly #generation: number;
  readonly #node: Content;

  constructor(disk: SimDisk, generation: number, path: string, node: Content) {
    this.#disk = disk;
    this.#generation = generation;
    this.path = path;
    this.#node = node;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#enter('read');
    return this.#node.volatile.copy(into, 0, Math.min(position, this.#node.volatile.length));
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    // The bytes are taken now: what the caller does with them afterwards is its mistake, and shows.
    await this.#enter('write');
    this.#disk.write(this.#node, position, taken(parts));
  }

  async sync(): Promise<void> {
    await this.#enter('sync');
    if (this.#disk.losesSyncs) return;
    const node = this.#node;
    for (const op of node.unsynced)
      node.durable = 'length' in op ? resize(node.durable, op.length) : overwrite(node.durable, op.position, op.bytes);
    node.unsynced = [];
    this.#disk.synced?.(this.path);
    await this.#disk.leave(this.#generation);
  }

  async truncate(length: number): Promise<void> {
    await this.#enter('truncate');
    this.#disk.truncate(this.#node, length);
  }

  async length(): Promise<number> {
    return this.#node.volatile.length;
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #enter(verb: DiskCall['verb']): Promise<void> {
    return this.#disk.enter(this.#generation, { verb, path: this.path });
  }
}
