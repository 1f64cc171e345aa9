import { joinPath, normalPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { ServerStream } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { fileInfoOf } from '../file-info.js';
import type { LoadOptions } from '../load-metadata.js';
import { EXECUTE, READ } from '../permissions.js';
import { ttlOf } from '../plan.js';
import { listAfterSync } from '../sync/before-operation.js';
import { notFound, requireFound, requireTraversable, targetOf } from '../walk.js';

const { LoadMetadataPType } = fs;

type ListStream = ServerStream<fs.ListStatusPRequest, fs.ListStatusPResponse>;

/** ListStatus: the children of a directory, or everything below it, in batches as the client takes them; one file for a file. */
export async function listStatus(c: FileContext, stream: ListStream): Promise<void> {
  const { user } = stream.caller;
  const request = await listAfterSync(c, (await stream.read()) ?? {}, user);
  const path = normalPath(request.path ?? '');
  const listing = new Listing(c, stream, user, request.options ?? {});
  const inode = await listing.find(path);
  if (inode.kind === 'file') await listing.add(inode, path);
  else await listing.enter(inode, path);
  await listing.flush();
}

class Listing {
  readonly #c: FileContext;
  readonly #stream: ListStream;
  readonly #user: string;
  readonly #options: fs.ListStatusPOptions;
  readonly #load: fs.LoadMetadataPType;
  readonly #loadOptions: LoadOptions;
  #batch: fs.FileInfo[] = [];

  constructor(c: FileContext, stream: ListStream, user: string, options: fs.ListStatusPOptions) {
    this.#c = c;
    this.#stream = stream;
    this.#user = user;
    this.#options = options;
    this.#load = options.loadMetadataType ?? LoadMetadataPType.ONCE;
    this.#loadOptions = ttlOf(options.commonOptions);
  }

  async find(path: NormalPath): Promise<Inode> {
    let walk = this.#c.tree.walk(path);
    if (targetOf(walk) === undefined) {
      this.#c.permissions.requireTraverse(this.#user, walk);
      requireTraversable(walk);
      if (!this.#mayLoad(path)) throw notFound(path);
      await this.#c.loader.loadPath(this.#c, path, this.#loadOptions);
      walk = this.#c.tree.walk(path);
    }
    this.#c.permissions.requireTraverse(this.#user, walk);
    const inode = requireFound(walk);
    this.#c.permissions.require(this.#user, walk, inode.kind === 'directory' && this.#options.recursive !== true ? READ | EXECUTE : READ);
    return inode;
  }

  /** Depth first, a directory before its children, but after they were loaded: it is shown with their number. */
  async enter(directory: DirectoryInode, path: NormalPath): Promise<void> {
    await this.#loadChildren(directory, path);
    await this.#addChildren(directory, path);
  }

  async #addChildren(directory: DirectoryInode, path: NormalPath): Promise<void> {
    const c = this.#c;
    for (const child of c.tree.children(directory.id)) {
      const at = joinPath(path, child.name);
      const below =
        this.#options.recursive === true && child.kind === 'directory' && c.permissions.allows(this.#user, child, READ | EXECUTE)
          ? child
          : undefined;
      if (below !== undefined) await this.#loadChildren(below, at);
      if (this.#options.loadMetadataOnly !== true && this.#push(child, at)) await this.flush();
      if (below !== undefined) await this.#addChildren(below, at);
    }
  }

  async #loadChildren(directory: DirectoryInode, path: NormalPath): Promise<void> {
    if (this.#mayLoad(path) && (!directory.childrenLoaded || this.#load === LoadMetadataPType.ALWAYS))
      await this.#c.loader.loadChildren(this.#c, path, this.#loadOptions);
  }

  async add(inode: Inode, path: NormalPath): Promise<void> {
    if (this.#options.loadMetadataOnly !== true && this.#push(inode, path)) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const fileInfos = this.#batch;
    this.#batch = [];
    await this.#c.committer.settled();
    await this.#stream.write({ fileInfos });
  }

  #push(inode: Inode, path: NormalPath): boolean {
    this.#batch.push(fileInfoOf(this.#c, inode, path, this.#c.mounts.resolve(path)));
    return this.#batch.length >= this.#c.options.listBatch;
  }

  #mayLoad(path: NormalPath): boolean {
    return this.#load === LoadMetadataPType.ALWAYS || (this.#load === LoadMetadataPType.ONCE && !this.#c.absent.has(path));
  }
}
