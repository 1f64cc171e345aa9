import { fail, isWithin, joinPath, normalPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Pace } from '../../task/pace.js';
import { settled, type FileContext } from '../context.js';
import { fileInfoOf } from '../file-info.js';
import type { LoadOptions } from '../load-metadata.js';
import { EXECUTE, READ } from '../permissions.js';
import { ttlOf } from '../plan.js';
import { listAfterSync } from '../sync/before-operation.js';
import { notFound, requireFound, requireTraversable, targetOf } from '../walk.js';

const { LoadMetadataPType } = fs;

/** Entries of one page at most, whatever is asked for: a reply is one message. */
const MAX_BATCH = 10_000;

/** ListStatusPartial: one page of a listing, after an inode, a name or a number of entries. */
export async function listStatusPartial(
  c: FileContext,
  request: fs.ListStatusPartialPRequest,
  user: string,
): Promise<fs.ListStatusPartialPResponse> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  // A page that goes on shows what the first one has synced.
  const synced = isFirst(options) ? await listAfterSync(c, { path, options: options.options }, user) : { options: options.options };
  const listing = new PartialListing(c, path, user, { ...options, options: synced.options });
  return settled(c, await listing.page());
}

function isFirst(options: fs.ListStatusPartialPOptions): boolean {
  return (options.offsetId ?? 0n) === 0n && (options.startAfter ?? '') === '' && (options.offsetCount ?? 0) === 0;
}

interface Entry {
  readonly inode: Inode;
  readonly path: NormalPath;
}

class PartialListing {
  readonly #c: FileContext;
  readonly #path: NormalPath;
  readonly #user: string;
  readonly #options: fs.ListStatusPartialPOptions;
  readonly #recursive: boolean;
  readonly #load: fs.LoadMetadataPType;
  readonly #loadOptions: LoadOptions;
  /** What entries begin with, relative to the listed directory. */
  readonly #prefix: string;
  readonly #pace: Pace;

  constructor(c: FileContext, path: NormalPath, user: string, options: fs.ListStatusPartialPOptions) {
    this.#c = c;
    this.#path = path;
    this.#user = user;
    this.#options = options;
    this.#recursive = options.options?.recursive === true;
    this.#load = options.options?.loadMetadataType ?? LoadMetadataPType.ONCE;
    this.#loadOptions = ttlOf(options.options?.commonOptions);
    this.#prefix = options.prefix === undefined || options.prefix === '' ? '' : normalPath(options.prefix).slice(1);
    this.#pace = new Pace(c.clock);
  }

  async page(): Promise<fs.ListStatusPartialPResponse> {
    const skip = this.#options.offsetCount ?? 0;
    if (skip < 0) throw fail('invalidArgument', `Cannot list "${this.#path}" from entry ${skip}: 0 or more wanted`);
    const { batchSize = MAX_BATCH } = this.#options;
    const wanted = batchSize < 0 ? MAX_BATCH : Math.min(batchSize, MAX_BATCH);
    const inode = await this.#find();
    const fileInfos: fs.FileInfo[] = [];
    let left = skip;
    let isTruncated = false;
    for await (const entry of this.#entries(inode)) {
      if (left-- > 0) continue;
      isTruncated = fileInfos.length >= wanted;
      if (isTruncated) break;
      fileInfos.push(fileInfoOf(this.#c, entry.inode, entry.path, this.#c.mounts.resolve(entry.path)));
    }
    return { fileInfos, isTruncated, fileCount: BigInt(this.#count(inode)) };
  }

  /** Of a directory that is not listed with all that is below; of that, nobody has counted. */
  #count(inode: Inode): number {
    if (inode.kind === 'file') return 1;
    return this.#recursive ? -1 : this.#c.tree.childCount(inode.id);
  }

  async #find(): Promise<Inode> {
    const c = this.#c;
    let walk = c.tree.walk(this.#path);
    if (targetOf(walk) === undefined) {
      c.permissions.requireTraverse(this.#user, walk);
      requireTraversable(walk);
      if (!this.#mayLoad(this.#path)) throw notFound(this.#path);
      await c.loader.loadPath(c, this.#path, this.#loadOptions);
      walk = c.tree.walk(this.#path);
    }
    c.permissions.requireTraverse(this.#user, walk);
    const inode = requireFound(walk);
    c.permissions.require(this.#user, walk, READ);
    if (inode.kind === 'directory' && !this.#recursive) c.permissions.require(this.#user, walk, EXECUTE);
    return inode;
  }

  async *#entries(inode: Inode): AsyncGenerator<Entry, void> {
    if (inode.kind === 'file') yield { inode, path: this.#path };
    else yield* this.#below(inode, this.#path, this.#startAfter());
  }

  /** Names on the way to where the last page ended, relative to the listed directory. */
  #startAfter(): readonly string[] {
    const { offsetId, startAfter } = this.#options;
    if (startAfter !== undefined) return startAfter.split('/').filter((name) => name !== '');
    if (offsetId === undefined || offsetId === 0n) return [];
    const path = this.#c.tree.pathOf(offsetId as InodeId);
    if (path === undefined) {
      throw fail(
        'notFound',
        `"Inode ${offsetId} does not exit" Inode was not found during partial listing. It was likely removed across listing calls.`,
      );
    }
    if (path === this.#path || !isWithin(path, this.#path))
      throw fail('invalidArgument', `Cannot list "${this.#path}" after inode ${offsetId}: that is "${path}", which is not below`);
    return path
      .slice(this.#path.length)
      .split('/')
      .filter((name) => name !== '');
  }

  /** Depth first, a directory before what is below. What is at `after` and before it was in an earlier page. */
  async *#below(directory: DirectoryInode, path: NormalPath, after: readonly string[]): AsyncGenerator<Entry, void> {
    await this.#loadChildren(directory, path);
    const { tree } = this.#c;
    const [name, ...rest] = after;
    if (name !== undefined) {
      const child = tree.child(directory.id, name);
      if (child?.kind === 'directory' && this.#entersInto(child, joinPath(path, name)))
        yield* this.#below(child, joinPath(path, name), rest);
    }
    for (const child of tree.children(directory.id, this.#firstName(path, name))) {
      if (this.#pace.spent()) await this.#pace.rest();
      const at = joinPath(path, child.name);
      const relative = this.#relative(at);
      if (relative.startsWith(this.#prefix)) yield { inode: child, path: at };
      else if (relative > this.#prefix && !this.#prefix.startsWith(relative)) break;
      if (child.kind === 'directory' && this.#entersInto(child, at)) yield* this.#below(child, at, []);
    }
  }

  /** After which name the children of a directory are looked at: what comes long before the prefix is passed over at once. */
  #firstName(path: NormalPath, after: string | undefined): string | undefined {
    const here = this.#relative(path);
    const within = here === '' ? this.#prefix : this.#prefix.startsWith(`${here}/`) ? this.#prefix.slice(here.length + 1) : '';
    const [first = ''] = within.split('/');
    const code = first.charCodeAt(first.length - 1);
    if (first === '' || code === 0) return after;
    const before = `${first.slice(0, -1)}${String.fromCharCode(code - 1)}\uffff`;
    return after === undefined || before > after ? before : after;
  }

  #entersInto(directory: DirectoryInode, path: NormalPath): boolean {
    if (!this.#recursive || !this.#c.permissions.allows(this.#user, directory, READ | EXECUTE)) return false;
    const relative = `${this.#relative(path)}/`;
    return relative.startsWith(this.#prefix) || this.#prefix.startsWith(relative);
  }

  #relative(path: NormalPath): string {
    return this.#path === '/' ? path.slice(1) : path.slice(this.#path.length + 1);
  }

  async #loadChildren(directory: DirectoryInode, path: NormalPath): Promise<void> {
    if (this.#mayLoad(path) && (!directory.childrenLoaded || this.#load === LoadMetadataPType.ALWAYS))
      await this.#c.loader.loadChildren(this.#c, path, this.#loadOptions);
  }

  #mayLoad(path: NormalPath): boolean {
    return this.#load === LoadMetadataPType.ALWAYS || (this.#load === LoadMetadataPType.ONCE && !this.#c.absent.has(path));
  }
}
