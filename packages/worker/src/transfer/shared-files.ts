// How clients of other users on this machine get at one block file and at no other. The folder of the blocks is closed to them; a file
// that the worker opens to a client has a second name meanwhile, which nobody can guess, in a folder that nobody but the worker can list.
import { messageOf, randomUuid, type BlockId, type Random } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import type { StorageDirectory } from '../store/storage-directory.js';

/** To be passed through by who knows a name in it, and not to be listed. */
const FOLDER_MODE = 0o711;
const OTHERS_MAY_ENTER = 0o001;

/** Mode of a file that a client of any user is to write. */
export const FOREIGN_FILE_MODE = 0o777;

/** The same once it is a block. */
const BLOCK_MODE = 0o644;

export interface SharedFilesOptions {
  readonly disk: Disk;
  readonly log: Logger;
  readonly random: Random;
  readonly directories: readonly StorageDirectory[];
  /** Mode of the folders that hold the blocks. Where others may enter these, as Alluxio has it, files are shared by their own names. */
  readonly folderMode: number;
}

export interface SharedFile {
  readonly path: string;
  /** The name is gone; who has the file open keeps it. */
  release(): Promise<void>;
}

export class SharedFiles {
  readonly #o: SharedFilesOptions;
  readonly #isDirect: boolean;

  constructor(options: SharedFilesOptions) {
    this.#o = options;
    this.#isDirect = (options.folderMode & OTHERS_MAY_ENTER) !== 0 || options.disk.link === undefined;
  }

  /** Removes the names that an earlier process left, and gives the folders of the blocks their mode. To be called before these are made. */
  async open(): Promise<void> {
    for (const { layout } of this.#o.directories) {
      try {
        await this.#o.disk.removeDirectory(layout.shared, { recursive: true });
        if (!this.#isDirect) await this.#makeFolder(layout.shared);
        if ((await this.#o.disk.stat(layout.root)) !== undefined) await this.#o.disk.setMode?.(layout.root, this.#o.folderMode);
      } catch (error) {
        this.#o.log.warn('folder of shared files not ready', { folder: layout.shared, reason: messageOf(error) });
      }
    }
  }

  /** Its own path, or a second name of it, which ends with the block's id, as clients expect. */
  async share({ layout }: StorageDirectory, path: string, id: BlockId): Promise<SharedFile> {
    if (this.#isDirect) return { path, release: async () => undefined };
    const name = `${layout.shared}/${randomUuid(this.#o.random)}-${id}`;
    try {
      await this.#o.disk.link!(path, name);
    } catch {
      // The folder went with its disk, which has come back.
      await this.#makeFolder(layout.shared);
      await this.#o.disk.link!(path, name);
    }
    return { path: name, release: () => this.#release(name) };
  }

  /** What a client has written is to become a block: nobody opens it for writing any more. */
  async close(path: string): Promise<void> {
    await this.#o.disk.setMode?.(path, BLOCK_MODE);
  }

  async #makeFolder(path: string): Promise<void> {
    await this.#o.disk.makeDirectory(path, FOLDER_MODE);
    await this.#o.disk.setMode?.(path, FOLDER_MODE);
  }

  async #release(name: string): Promise<void> {
    try {
      await this.#o.disk.remove(name);
    } catch (error) {
      this.#o.log.warn('name of a shared file not removed', { path: name, reason: messageOf(error) });
    }
  }
}
