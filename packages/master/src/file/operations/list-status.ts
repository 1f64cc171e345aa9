import { joinPath, normalPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { ServerStream } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Pace } from '../../task/pace.js';
import type { FileContext } from '../context.js';
import { ListingEncoder } from '../listing-encoder.js';
import type { LoadOptions } from '../load-metadata.js';
import { EXECUTE, READ } from '../permissions.js';
import { ttlOf } from '../plan.js';
import { listAfterSync } from '../sync/before-operation.js';
import { notFound, requireFound, requireTraversable, targetOf } from '../walk.js';

const { LoadMetadataPType } = fs;

type ListStream = ServerStream<fs.ListStatusPRequest, Uint8Array>;

/**
 * ListStatus: the children of a directory, or everything below it, in batches as the client takes them; one file for a file. Nothing
 * is locked meanwhile: what stays is listed once. Writes ListStatusPResponse messages that are encoded already.
 */
export async function listStatus(c: FileContext, stream: ListStream): Promise<void> {
  const { user } = stream.caller;
  const request = await listAfterSync(c, (await stream.read()) ?? {}, user);
  const path = normalPath(request.path ?? '');
  const listing = new Listing(c, stream, user, request.options ?? {});
  const inode = await listing.find(path);
  if (inode.kind === 'file') listing.add(inode, path);
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
  readonly #pace: Pace;
  readonly #batch: ListingEncoder;

  constructor(c: FileContext, stream: ListStream, user: string, options: fs.ListStatusPOptions) {
    this.#c = c;
    this.#stream = stream;
    this.#user = user;
    this.#options = options;
    this.#load = options.loadMetadataType ?? LoadMetadataPType.ONCE;
    this.#loadOptions = ttlOf(options.commonOptions);
    this.#pace = new Pace(c.clock);
    this.#batch = new ListingEncoder(c);
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
    this.#c.permissions.require(this.#user, walk, READ);
    if (inode.kind === 'directory' && this.#options.recursive !== true) this.#c.permissions.require(this.#user, walk, EXECUTE);
    return inode;
  }

  /** Depth first, a directory before its children, but after they were loaded: it is shown with their number. */
  async enter(directory: DirectoryInode, path: NormalPath): Promise<void> {
    await this.#loadChildren(directory, path);
    await this.#addChildren(directory, path);
  }

  async #addChildren(directory: DirectoryInode, path: NormalPath): Promise<void> {
    const c = this.#c;
    const shown = this.#options.loadMetadataOnly !== true;
    for (const child of c.tree.children(directory.id)) {
      const below =
        this.#options.recursive === true && child.kind === 'directory' && c.permissions.allows(this.#user, child, READ | EXECUTE)
          ? child
          : undefined;
      if (below !== undefined) await this.#loadChildren(below, joinPath(path, child.name));
      if (shown && child.kind === 'directory' && child.mountPoint) this.add(child, joinPath(path, child.name));
      // Mounts may come and go while others have their turn.
      else if (shown) this.#batch.addChild(child, path, c.mounts.resolve(path));
      if (this.#batch.count >= c.options.listBatch) await this.flush();
      if (below !== undefined) await this.#addChildren(below, joinPath(path, child.name));
      if (this.#pace.spent()) await this.#pace.rest();
    }
  }

  async #loadChildren(directory: DirectoryInode, path: NormalPath): Promise<void> {
    if (this.#mayLoad(path) && (!directory.childrenLoaded || this.#load === LoadMetadataPType.ALWAYS))
      await this.#c.loader.loadChildren(this.#c, path, this.#loadOptions);
  }

  add(inode: Inode, path: NormalPath): void {
    if (this.#options.loadMetadataOnly !== true) this.#batch.add(inode, path, this.#c.mounts.resolve(path));
  }

  async flush(): Promise<void> {
    if (this.#batch.count === 0) return;
    const message = this.#batch.finish();
    await this.#c.committer.settled();
    await this.#stream.write(message);
  }

  #mayLoad(path: NormalPath): boolean {
    return this.#load === LoadMetadataPType.ALWAYS || (this.#load === LoadMetadataPType.ONCE && !this.#c.absent.has(path));
  }
}
