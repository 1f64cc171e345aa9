import { fail } from '@alluvium/base';
import { ConnectedAdmin } from './admin/connected-admin.js';
import type { FileStatus } from './file-status.js';
import type {
  AclChange,
  Cancellable,
  CreateDirectoryOptions,
  CreateFileOptions,
  FileSystem,
  FreeOptions,
  ListOptions,
  MountOptions,
  OpenOptions,
  PersistOptions,
  RemoveOptions,
  RenameOptions,
  SetAclOptions,
  SetAttributeOptions,
  StatusOptions,
} from './file-system.js';
import type { ClientContext } from './operations/context.js';
import { createDirectory } from './operations/create-directory.js';
import { exists } from './operations/exists.js';
import { free } from './operations/free.js';
import { getBlock, getCluster, getConfiguration, getWorkers } from './operations/get-reports.js';
import { getStatus } from './operations/get-status.js';
import { listStatus } from './operations/list-status.js';
import { mount, mounts, reverseResolve, unmount, updateMount } from './operations/mount.js';
import { persist } from './operations/persist.js';
import { getPersistQueue, pausePersist, resumePersist } from './operations/persist-queue.js';
import { remove } from './operations/remove.js';
import { rename } from './operations/rename.js';
import { setAcl } from './operations/set-acl.js';
import { setAttribute } from './operations/set-attribute.js';
import { openFile } from './read/open-file.js';
import type { ReadableFile } from './read/readable-file.js';
import type {
  BlockReport,
  ClusterReport,
  ConfigurationReport,
  MountPoint,
  WorkerReport,
  PersistQueueOptions,
  PersistQueueReport,
} from './reports.js';
import type { WatchOptions, WatchUpdate } from './watch/changes.js';
import { watch } from './watch/watch.js';
import { ConnectedStoreSync } from './sync/connected-store-sync.js';
import { createFile } from './write/create-file.js';
import type { WritableFile } from './write/writable-file.js';

/** Every operation is a file of its own; this is where they come together. */
export class ConnectedFileSystem implements FileSystem {
  readonly admin = new ConnectedAdmin(() => this.#here());
  readonly sync = new ConnectedStoreSync(() => this.#here());
  readonly #context: ClientContext;
  #closing: Promise<void> | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  async status(path: string, options?: StatusOptions): Promise<FileStatus> {
    return await getStatus(this.#here(), path, options);
  }

  async exists(path: string, options?: StatusOptions): Promise<boolean> {
    return await exists(this.#here(), path, options);
  }

  list(path: string, options?: ListOptions): AsyncIterable<FileStatus> {
    return listStatus(this.#here(), path, options);
  }

  async createDirectory(path: string, options?: CreateDirectoryOptions): Promise<void> {
    await createDirectory(this.#here(), path, options);
  }

  async remove(path: string, options?: RemoveOptions): Promise<void> {
    await remove(this.#here(), path, options);
  }

  async rename(from: string, to: string, options?: RenameOptions): Promise<void> {
    await rename(this.#here(), from, to, options);
  }

  async setAttribute(path: string, options: SetAttributeOptions): Promise<void> {
    await setAttribute(this.#here(), path, options);
  }

  async setAcl(path: string, change: AclChange, options?: SetAclOptions): Promise<void> {
    await setAcl(this.#here(), path, change, options);
  }

  async free(path: string, options?: FreeOptions): Promise<void> {
    await free(this.#here(), path, options);
  }

  async persist(path: string, options?: PersistOptions): Promise<void> {
    await persist(this.#here(), path, options);
  }

  async persistQueue(path: string, options?: PersistQueueOptions): Promise<PersistQueueReport> {
    return await getPersistQueue(this.#here(), path, options);
  }

  async pausePersist(mountPoint: string, reason: string, options?: Cancellable): Promise<void> {
    await pausePersist(this.#here(), mountPoint, reason, options);
  }

  async resumePersist(mountPoint: string, options?: Cancellable): Promise<void> {
    await resumePersist(this.#here(), mountPoint, options);
  }

  watch(path: string, options?: WatchOptions): AsyncIterable<WatchUpdate> {
    return watch(this.#here(), path, options);
  }

  async open(path: string, options?: OpenOptions): Promise<ReadableFile> {
    return await openFile(this.#here(), path, options);
  }

  async create(path: string, options?: CreateFileOptions): Promise<WritableFile> {
    return await createFile(this.#here(), path, options);
  }

  async mount(path: string, ufsUri: string, options?: MountOptions): Promise<void> {
    await mount(this.#here(), path, ufsUri, options);
  }

  async unmount(path: string, options?: Cancellable): Promise<void> {
    await unmount(this.#here(), path, options);
  }

  async updateMount(path: string, options?: MountOptions): Promise<void> {
    await updateMount(this.#here(), path, options);
  }

  async reverseResolve(ufsUri: string, options?: Cancellable): Promise<string> {
    return await reverseResolve(this.#here(), ufsUri, options);
  }

  async mounts(options?: Cancellable): Promise<MountPoint[]> {
    return await mounts(this.#here(), options);
  }

  async block(blockId: bigint, options?: Cancellable): Promise<BlockReport> {
    return await getBlock(this.#here(), blockId, options);
  }

  async workers(options?: Cancellable): Promise<WorkerReport[]> {
    return await getWorkers(this.#here(), options);
  }

  async cluster(options?: Cancellable): Promise<ClusterReport> {
    return await getCluster(this.#here(), options);
  }

  async configuration(options?: Cancellable): Promise<ConfigurationReport> {
    return await getConfiguration(this.#here(), options);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #here(): ClientContext {
    if (this.#closing !== undefined) throw fail('failedPrecondition', 'Cannot use the file system: it is closed');
    return this.#context;
  }

  /** Files first: giving up one that is being written needs the master. */
  async #close(): Promise<void> {
    const { open, workers, master } = this.#context;
    await Promise.all([...open].map((file) => file.shutdown()));
    await workers.close();
    await master.close();
  }
}
