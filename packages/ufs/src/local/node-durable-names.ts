// Names outlive a loss of power once their directory is synced; renames, removals and new directories are synced here before they
// are answered.
import * as fs from 'node:fs/promises';
import { sep } from 'node:path';
import { errnoOf } from '@alluvium/platform';

/** Directories that are remembered as durable; when there are more they are synced anew. */
const REMEMBERED = 10_000;

/** Some mounted file systems cannot sync a directory, or not for this user: their changes are as durable as they make them. */
const CANNOT = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EACCES', 'EPERM']);
/** Gone meanwhile, with whoever removed it. */
const GONE = new Set(['ENOENT', 'ENOTDIR']);

interface Syncing {
  readonly running: Promise<void>;
  /** Begins when the running one, which may have come too early for some, has ended. */
  next: Promise<void> | undefined;
}

/** The names in the directories of one store. */
export class DurableNames {
  readonly #root: string;
  readonly #sync: (directory: string) => Promise<void>;
  readonly #durable = new Set<string>();
  readonly #syncing = new Map<string, Syncing>();

  /** What is above `root` is not this store's. */
  constructor(root: string, sync: (directory: string) => Promise<void> = syncDirectory) {
    this.#root = root;
    this.#sync = sync;
  }

  /** The names in a directory, as they are at the call or later. Callers at the same time share a sync. */
  sync(directory: string): Promise<void> {
    const syncing = this.#syncing.get(directory);
    if (syncing === undefined) return this.#begin(directory);
    syncing.next ??= syncing.running.catch(() => {}).then(() => this.#begin(directory));
    return syncing.next;
  }

  /** The directory's own name, and those above it up to the root: whoever made them, maybe without a sync. */
  async keep(directory: string): Promise<void> {
    const made: string[] = [];
    for (let at = directory; at.length > this.#root.length && at !== '' && !this.#durable.has(at); at = parentOf(at)) made.push(at);
    for (const at of made.toReversed()) {
      await this.sync(parentOf(at) || sep);
      if (this.#durable.size >= REMEMBERED) this.#durable.clear();
      this.#durable.add(at);
    }
  }

  /** Directories were renamed or removed: the names that are remembered may be others now. */
  forget(): void {
    this.#durable.clear();
  }

  #begin(directory: string): Promise<void> {
    const running = this.#sync(directory).finally(() => {
      const syncing = this.#syncing.get(directory);
      if (syncing?.running === running && syncing.next === undefined) this.#syncing.delete(directory);
    });
    this.#syncing.set(directory, { running, next: undefined });
    return running;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf(sep));
}

async function syncDirectory(path: string): Promise<void> {
  try {
    await using directory = await fs.open(path, 'r');
    await directory.sync();
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (!CANNOT.has(errno) && !GONE.has(errno)) throw error;
  }
}
