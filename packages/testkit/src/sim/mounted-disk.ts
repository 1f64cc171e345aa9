// The simulated disk as one process sees it: each verb takes its time, fails as told, and never returns to a process that died.
import { fail } from '@alluvium/base';
import type { Disk, DiskEntry, DiskFile, DiskSpace, DiskStat } from '@alluvium/platform';
import { taken } from './disk-bytes.js';
import { Content } from './disk-content.js';
import type { DiskCall, DiskUser, SimDisk } from './sim-disk.js';

export class MountedDisk implements Disk {
  readonly #disk: SimDisk;
  readonly #user: DiskUser;

  constructor(disk: SimDisk, user: DiskUser) {
    this.#disk = disk;
    this.#user = user;
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
      node = new Content();
      this.#disk.changeName(parentOf(path), { set: path, node });
    } else if (access === 'create') {
      throw fail('alreadyExists', `Cannot create "${path}": it exists`);
    } else if (access === 'write') {
      this.#disk.truncate(node, 0);
    }
    return new SimFile(this.#disk, this.#user, path, node);
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
    return this.#disk.enter(this.#user, { verb, path });
  }
}

class SimFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimDisk;
  readonly #user: DiskUser;
  readonly #node: Content;

  constructor(disk: SimDisk, user: DiskUser, path: string, node: Content) {
    this.#disk = disk;
    this.#user = user;
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
    this.#disk.sync(this.#node, this.path);
    await this.#disk.leave(this.#user);
  }

  async truncate(length: number): Promise<void> {
    await this.#enter('truncate');
    this.#disk.truncate(this.#node, length);
  }

  forget(): void {
    this.#disk.forget(this.#node);
  }

  async length(): Promise<number> {
    return this.#node.volatile.length;
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #enter(verb: DiskCall['verb']): Promise<void> {
    return this.#disk.enter(this.#user, { verb, path: this.path });
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
