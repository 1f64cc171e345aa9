// Of which version of a file pages are fetched. The store is asked once for a file, and every fetch requires that the answer still holds.
import { fail } from '@alluvium/base';
import type { Mounts } from '../under/mounts.js';
import type { UfsBlock } from '../under/ufs-block.js';

export interface FileVersion {
  /** What `ifMatch` of a read takes; undefined where the store cannot tell versions apart. */
  readonly tag: string | undefined;
  /** Of the file, bytes. */
  readonly length: number;
}

/** Files of which the version is remembered; the longest unused is asked for again. */
const MAX_FILES = 4096;

export class FileVersions {
  readonly #mounts: Mounts;
  readonly #known = new Map<string, Promise<FileVersion>>();

  constructor(mounts: Mounts) {
    this.#mounts = mounts;
  }

  /** Throws the store's error, `notFound` when there is no such file. What a store cannot tell apart is not remembered. */
  of(block: UfsBlock): Promise<FileVersion> {
    const key = fileKey(block);
    const known = this.#known.get(key) ?? this.#ask(key, block);
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > MAX_FILES) this.#known.delete(this.#known.keys().next().value!);
    return known;
  }

  /** The file is not the one that was described any more. */
  forget(block: UfsBlock): void {
    this.#known.delete(fileKey(block));
  }

  #ask(key: string, block: UfsBlock): Promise<FileVersion> {
    const asked = this.#status(block);
    const forget = (): void => {
      if (this.#known.get(key) === asked) this.#known.delete(key);
    };
    asked.then((version) => version.tag === undefined && forget(), forget);
    return asked;
  }

  async #status(block: UfsBlock): Promise<FileVersion> {
    using lease = await this.#mounts.lease(block.mount);
    const status = await lease.store.status(lease.relative(block.ufsPath));
    if (status === undefined || status.directory) throw fail('notFound', `${block.ufsPath} (No such file or directory)`);
    return { tag: status.version ?? status.contentHash, length: status.length };
  }
}

/** Names the file of the store in which a block lies. */
export function fileKey(block: UfsBlock): string {
  return `${block.mount}:${block.ufsPath}`;
}
