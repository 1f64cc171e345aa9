import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { randomUuid, type Random } from '@alluvium/base';
import { errnoOf } from '@alluvium/platform';
import { throwIfCancelled } from '../cancelled.js';
import { TEMPORARY_FOLDER, isTemporaryName, temporaryName } from './temporary-names.js';

/** Other processes may remove the folder, empty, just before a file is opened in it. */
const TRIES = 10;
const SET_GROUP = 0o2000;

/** A file that has no name of its own yet. */
export interface TemporaryFile {
  readonly file: fs.FileHandle;
  readonly path: string;
  /** A hidden path in the directory of the target, for when `path` is on another file system than that. */
  readonly beside: string;
  /** Closes the file, and removes it unless it has been given its name. */
  discard(): Promise<void>;
}

/**
 * Files of a local store while they are written. They lie in one folder at the store's root, so that those of killed processes are
 * found without a walk through the store; where that folder cannot serve, beside their target. The folder goes when it is empty.
 */
export class TemporaryFiles {
  readonly #folder: string;
  readonly #random: Random;
  /** Files under way; the folder is not removed under them. */
  #open = 0;

  /** `root` is an absolute path without trailing `/`. */
  constructor(root: string, random: Random) {
    this.#folder = `${root}/${TEMPORARY_FOLDER}`;
    this.#random = random;
  }

  /** Opens a file that is to become `target`, in the existing directory `parent`. Throws errors of the file system. */
  async open(target: string, parent: string): Promise<TemporaryFile> {
    const name = temporaryName(target.slice(target.lastIndexOf('/') + 1), randomUuid(this.#random));
    const beside = join(parent, name);
    this.#open++;
    try {
      const inFolder = join(this.#folder, name);
      const first = await this.#openInFolder(inFolder, parent);
      const file = first ?? (await fs.open(beside, 'wx', 0o600));
      const path = first === undefined ? beside : inFolder;
      return { file, path, beside, discard: () => this.#discard(file, path) };
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  /** Removes the files in the folder that were last written before `timeMs`; answers how many. */
  async removeUntouchedSince(timeMs: number, signal: AbortSignal | undefined): Promise<number> {
    if ((await statsOf(this.#folder))?.isDirectory() !== true) return 0;
    let removed = 0;
    this.#open++;
    try {
      for (const name of await fs.readdir(this.#folder)) {
        throwIfCancelled(signal);
        const path = join(this.#folder, name);
        const stats = await statsOf(path);
        if (!isTemporaryName(name) || stats?.isFile() !== true || stats.mtimeMs >= timeMs) continue;
        await fs.rm(path, { force: true });
        removed++;
      }
    } finally {
      await this.#leave();
    }
    return removed;
  }

  /** Undefined when the folder cannot be used for a file of `parent`. */
  async #openInFolder(path: string, parent: string): Promise<fs.FileHandle | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        const target = await fs.stat(parent);
        // A writer is to learn at once that it may not write there.
        await fs.access(parent, constants.W_OK | constants.X_OK);
        await fs.mkdir(this.#folder, { mode: 0o700 }).catch((error: unknown) => {
          if (errnoOf(error) !== 'EEXIST') throw error;
        });
        const folder = await statsOf(this.#folder);
        if (folder === undefined) continue;
        // A link would lead out of the store.
        if (!folder.isDirectory() || folder.dev !== target.dev) return undefined;
        const file = await fs.open(path, 'wx', 0o600);
        // What a directory hands on to the files that are made in it.
        if ((target.mode & SET_GROUP) !== 0) await file.chown(-1, target.gid).catch(() => {});
        return file;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') return undefined;
      }
    }
    return undefined;
  }

  async #discard(file: fs.FileHandle, path: string): Promise<void> {
    try {
      await file.close();
      await fs.rm(path, { force: true });
    } finally {
      await this.#leave();
    }
  }

  async #leave(): Promise<void> {
    this.#open--;
    // Refused while there are files of other processes in it.
    if (this.#open === 0) await fs.rmdir(this.#folder).catch(() => {});
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
