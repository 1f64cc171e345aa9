// Under store on a local directory (also NFS and other mounted file systems).
// A new file is written in a hidden folder, synced and renamed, so that it is there whole or not at all.
import { constants, type Dirent, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AlluviumError, fail, type Random } from '@alluvium/base';
import { diskError, errnoOf } from '@alluvium/platform';
import { throwIfCancelled } from '../cancelled.js';
import { checkChange, checkStorePath } from '../store-path.js';
import type {
  AbandonedOptions,
  Capabilities,
  CreateOptions,
  DirectoryOptions,
  ListOptions,
  ReadOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
} from '../under-store.js';
import { contentHashOf, isVersion, versionOf } from './content-hash.js';
import { AccountNames } from './node-account-names.js';
import { DurableNames, parentOf } from './node-durable-names.js';
import { LocalWriter } from './node-local-writer.js';
import { orderedEntries } from './node-ordered-entries.js';
import { TemporaryFiles } from './node-temporary-files.js';
import { PERSISTENCE_FOLDER, TEMPORARY_FOLDER, isInTemporaryFolder, isTemporaryName } from './temporary-names.js';

const READ_BYTES = 1 << 20;
/** Entries of a directory that are looked at together. */
const LIST_AT_ONCE = 64;

export class LocalStore implements UnderStore {
  readonly uri: string;
  readonly capabilities: Capabilities = {
    type: 'local',
    objectStore: false,
    rename: 'atomic',
    permissions: true,
    conditionalCreate: true,
    directories: 'real',
  };
  readonly #root: string;
  readonly #temporaryFiles: TemporaryFiles;
  readonly #accounts = new AccountNames();
  readonly #names: DurableNames;

  /** `root` is an absolute path without trailing `/` ('' for the root of the file system). */
  constructor(uri: string, root: string, random: Random, names = new DurableNames(root)) {
    this.uri = uri;
    this.#root = root;
    this.#names = names;
    this.#temporaryFiles = new TemporaryFiles(root, random);
  }

  async status(path: string): Promise<UfsStatus | undefined> {
    const full = await this.#inside(path, 'look at');
    if (full === undefined) return undefined;
    const stats = await this.#stat(full);
    return stats === undefined || !isServed(stats) ? undefined : this.#describe(path.slice(path.lastIndexOf('/') + 1), stats);
  }

  async *list(path: string, options: ListOptions = {}): AsyncIterable<UfsStatus> {
    yield* this.#list(path, '', options);
  }

  async *read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    const full = await this.#existing(path, 'read');
    const file = await this.#try('read', full, () => fs.open(full, constants.O_RDONLY | constants.O_NONBLOCK));
    try {
      const before = await file.stat();
      if (!before.isFile()) throw fail('invalidArgument', `Cannot read "${full}": it is not a file`);
      checkHash(full, before, options.ifMatch);
      let position = options.offset;
      const end = Math.min(options.offset + options.length, before.size);
      while (position < end) {
        throwIfCancelled(options.signal);
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - position));
        const { bytesRead } = await this.#try('read', full, () => file.read(buffer, 0, buffer.length, position));
        if (bytesRead === 0) break;
        position += bytesRead;
        if (options.ifMatch !== undefined) checkHash(full, await file.stat(), options.ifMatch);
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    checkChange(this.uri, 'create', path);
    const full = await this.#forWriting(path, 'create');
    const parent = parentOf(full) || sep;
    await this.#try('create', full, () => fs.mkdir(parent, { recursive: true }));
    const target = await this.#stat(full);
    if (target?.isDirectory() === true) throw fail('alreadyExists', `Cannot create "${full}": a directory is there`);
    if (target !== undefined && options.ifAbsent === true) throw fail('alreadyExists', `Cannot create "${full}": it exists`);
    const temporary = await this.#try('create', full, () => this.#temporaryFiles.open(full, parent));
    return new LocalWriter({ temporary, target: full, parent, options, accounts: this.#accounts, names: this.#names });
  }

  async makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
    const full = await this.#forWriting(path, 'make');
    const made = await this.#try('make', full, () => fs.mkdir(full, { recursive: true }));
    if (made === undefined) return this.#try('make', full, () => this.#names.keep(full));
    if (options.mode !== undefined) await this.#try('set the mode of', full, () => fs.chmod(full, options.mode!));
    if (options.owner !== undefined || options.group !== undefined) {
      // As for Alluxio: only a privileged server can give a directory away, and a store that refuses keeps its own owner.
      await this.#accounts.tryChown(full, options.owner, options.group);
    }
    await this.#try('make', full, () => this.#names.keep(full));
  }

  async removeFile(path: string): Promise<boolean> {
    checkChange(this.uri, 'remove', path);
    const full = await this.#forWriting(path, 'remove');
    const stats = await this.#try('remove', full, () => this.#lstat(full));
    if (stats === undefined) return false;
    if (stats.isDirectory()) throw fail('invalidArgument', `Cannot remove "${full}": it is a directory`);
    await this.#try('remove', full, () => fs.rm(full, { force: true }));
    await this.#try('remove', full, () => this.#names.sync(parentOf(full) || sep));
    return true;
  }

  async removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    checkChange(this.uri, 'remove', path);
    const full = await this.#forWriting(path, 'remove');
    const stats = await this.#try('remove', full, () => this.#lstat(full));
    if (stats === undefined) return false;
    if (!stats.isDirectory()) throw fail('invalidArgument', `Cannot remove "${full}": it is not a directory`);
    if (!options.recursive) await this.#removeHalfWritten(full);
    await this.#try('remove', full, () => (options.recursive ? fs.rm(full, { recursive: true, force: true }) : fs.rmdir(full)));
    this.#names.forget();
    await this.#try('remove', full, () => this.#names.sync(parentOf(full) || sep));
    return true;
  }

  /** When nothing else is in a directory, what crashed writers left must not keep it: no listing shows it. */
  async #removeHalfWritten(directory: string): Promise<void> {
    const names = await this.#try('remove', directory, () => fs.readdir(directory));
    if (!names.every((name) => isTemporaryName(name) && name !== PERSISTENCE_FOLDER)) return;
    for (const name of names) await this.#try('remove', directory, () => fs.rm(join(directory, name), { recursive: true, force: true }));
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    checkChange(this.uri, 'rename', from, to);
    const source = await this.#forWriting(from, 'rename');
    const target = await this.#forWriting(to, 'rename');
    const [before, there] = [await this.#stat(source), await this.#stat(target)];
    if (before === undefined) throw fail('notFound', `Cannot rename "${source}": nothing is there`);
    if (there !== undefined && !(options.overwrite === true && there.isFile() && before.isFile())) {
      throw fail('alreadyExists', `Cannot rename "${source}" to "${target}": the target exists`);
    }
    const [left, entered] = [parentOf(source) || sep, parentOf(target) || sep];
    await this.#try('rename', source, () => fs.mkdir(entered, { recursive: true }));
    await this.#try('rename', source, () => fs.rename(source, target));
    if (before.isDirectory()) this.#names.forget();
    await this.#try('rename', source, async () => {
      await this.#names.keep(entered);
      await this.#names.sync(entered);
      if (left !== entered) await this.#names.sync(left);
    });
  }

  async setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    const full = await this.#existing(path, 'set the owner of');
    await this.#accounts.chown(full, owner, group);
  }

  async setMode(path: string, mode: number): Promise<void> {
    const full = await this.#existing(path, 'set the mode of');
    await this.#try('set the mode of', full, () => fs.chmod(full, mode));
  }

  async space(): Promise<{ capacityBytes: number; usedBytes: number } | undefined> {
    const s = await this.#try('look at', this.#root || sep, () => fs.statfs(this.#root || sep));
    return { capacityBytes: s.blocks * s.bsize, usedBytes: (s.blocks - s.bavail) * s.bsize };
  }

  async removeAbandoned({ olderThanMs, nowMs, signal }: AbandonedOptions): Promise<number> {
    return this.#try('clean', this.uri, () => this.#temporaryFiles.removeUntouchedSince(nowMs - olderThanMs, signal));
  }

  async close(): Promise<void> {}

  async *#list(path: string, prefix: string, options: ListOptions): AsyncGenerator<UfsStatus> {
    const full = await this.#existing(path, 'list');
    const entries = await this.#try('list', full, () => orderedEntries(full, isShown)).catch((error: AlluviumError) => {
      throw errnoOf(error.cause) === 'ENOTDIR' ? fail('notFound', `Cannot list "${full}": it is a file`) : error;
    });
    for (let page = take(entries); page.length > 0; page = take(entries)) {
      throwIfCancelled(options.signal);
      const found = await Promise.all(page.map((entry) => this.#entry(path, full, entry)));
      for (const [index, status] of found.entries()) {
        if (status === undefined) continue;
        const name = page[index]!.name;
        yield { ...status, name: prefix + name };
        // A link to a directory is shown, but not descended into: it may lead back up.
        if (options.recursive === true && status.directory && page[index]!.isDirectory())
          yield* this.#list(path === '' ? name : `${path}/${name}`, `${prefix}${name}/`, options);
      }
    }
  }

  /** Only links need a look at where they lead. */
  async #entry(path: string, full: string, entry: Dirent): Promise<UfsStatus | undefined> {
    if (entry.isSymbolicLink()) return this.status(path === '' ? entry.name : `${path}/${entry.name}`).catch(ignoreLinksOutside);
    const stats = await this.#lstat(join(full, entry.name));
    return stats === undefined || !isServed(stats) ? undefined : this.#describe(entry.name, stats);
  }

  #describe(name: string, stats: Stats): UfsStatus {
    const directory = stats.isDirectory();
    return {
      name,
      directory,
      length: directory ? 0 : stats.size,
      modifiedMs: Math.floor(stats.mtimeMs),
      owner: this.#accounts.userName(stats.uid),
      group: this.#accounts.groupName(stats.gid),
      mode: stats.mode & 0o777,
      contentHash: directory ? undefined : contentHashOf(stats),
      ...(!directory && { version: versionOf(stats) }),
    };
  }

  /** The real path, or undefined when nothing is there. A symbolic link that leads out of the root is not followed. */
  async #inside(path: string, action: string): Promise<string | undefined> {
    const full = this.#name(path);
    if (isInTemporaryFolder(path)) return undefined;
    let real: string;
    try {
      real = await fs.realpath(full);
    } catch (error) {
      return undefinedIfMissing(diskError(action, full, error));
    }
    if (this.#root !== '' && real !== full) {
      const root = await fs.realpath(this.#root);
      if (real !== root && !real.startsWith(root + sep))
        throw fail('permissionDenied', `Cannot ${action} "${full}": a link leads out of the store`);
    }
    return real;
  }

  async #existing(path: string, action: string): Promise<string> {
    const full = await this.#inside(path, action);
    if (full === undefined) throw fail('notFound', `Cannot ${action} "${this.#name(path)}": nothing is there`);
    return full;
  }

  /** The path for a change: its nearest existing ancestor lies inside the root. */
  async #forWriting(path: string, action: string): Promise<string> {
    const full = this.#name(path);
    if (isInTemporaryFolder(path))
      throw fail('invalidArgument', `Cannot ${action} "${full}": the name ${TEMPORARY_FOLDER} is kept for files that are being written`);
    for (let cut = path; cut !== '';) {
      cut = cut.includes('/') ? cut.slice(0, cut.lastIndexOf('/')) : '';
      const real = await this.#inside(cut, action);
      if (real !== undefined) return join(real, full.slice(this.#name(cut).length));
    }
    return full;
  }

  #name(path: string): string {
    checkStorePath(path);
    return path === '' ? this.#root || sep : `${this.#root}/${path}`;
  }

  async #stat(full: string): Promise<Stats | undefined> {
    try {
      return await fs.stat(full);
    } catch (error) {
      return undefinedIfMissing(diskError('look at', full, error));
    }
  }

  async #lstat(full: string): Promise<Stats | undefined> {
    try {
      return await fs.lstat(full);
    } catch (error) {
      return undefinedIfMissing(diskError('look at', full, error));
    }
  }

  async #try<T>(action: string, full: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw error instanceof AlluviumError ? error : diskError(action, full, error);
    }
  }
}

function undefinedIfMissing(error: AlluviumError): undefined {
  // Below a file there is nothing.
  if (error.kind === 'notFound' || errnoOf(error.cause) === 'ENOTDIR') return undefined;
  throw error;
}

/** Files and directories; a pipe would hold up whoever opens it. */
function isServed(stats: Stats): boolean {
  return stats.isFile() || stats.isDirectory();
}

/** A link that leads out of the store, or that dangles, is not listed. */
function ignoreLinksOutside(error: unknown): undefined {
  if (error instanceof AlluviumError && error.kind === 'permissionDenied') return undefined;
  throw error;
}

function checkHash(full: string, stats: Stats, wanted: string | undefined): void {
  if (wanted === undefined || (isVersion(wanted) ? versionOf(stats) : contentHashOf(stats)) === wanted) return;
  throw fail('aborted', `Cannot read "${full}": it was changed meanwhile`);
}

function isShown(name: string): boolean {
  return !isTemporaryName(name);
}

/** The next entries that are looked at together. */
function take(entries: Generator<Dirent>): Dirent[] {
  const page: Dirent[] = [];
  for (let next = entries.next(); next.done !== true; next = entries.next()) if (page.push(next.value) === LIST_AT_ONCE) break;
  return page;
}
