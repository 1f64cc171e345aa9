// The edge to the files of this machine.
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { diskError, errnoOf } from '@alluvium/platform';
import type { LocalEntry, LocalFiles, LocalWriter } from '../local-files.js';

const CHUNK_BYTES = 1024 * 1024;

/** Runs `action`; what it throws becomes an AlluviumError that says what was tried. */
async function naming<T>(what: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw diskError(what, path, error);
  }
}

/** The file system of this machine. */
export const nodeLocalFiles: LocalFiles = {
  resolve: (path) => resolve(path),

  stat: (path) => naming('look at', path, () => entryOf(path, path.slice(path.lastIndexOf('/') + 1))),

  list: (path) =>
    naming('list', path, async () => {
      const names = (await readdir(path)).sort();
      const out: LocalEntry[] = [];
      for (const name of names) {
        const entry = await entryOf(join(path, name), name);
        // A link to nowhere, or a file that has just been removed.
        if (entry === undefined) continue;
        const isLink = entry.kind === 'directory' && (await lstat(join(path, name))).isSymbolicLink();
        out.push(isLink ? { ...entry, kind: 'directoryLink' } : entry);
      }
      return out;
    }),

  makeDirectory: (path) =>
    naming('make the directory', path, async () => {
      await mkdir(path).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
    }),

  async *read(path, signal) {
    const file = await naming('open', path, () => open(path, constants.O_RDONLY));
    try {
      for (;;) {
        signal.throwIfAborted();
        const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
        const { bytesRead } = await naming('read', path, () => file.read(buffer, 0, CHUNK_BYTES));
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  },

  create: (path) =>
    naming('write', path, async () => {
      const file = await open(path, 'wx');
      return writerOf(path, file);
    }),

  rename: (from, to, options) =>
    naming('write', to, async () => {
      if (options.overwrite) await rename(from, to);
      else await renameToNew(from, to);
    }),

  remove: (path) => naming('remove', path, () => rm(path, { force: true })),
};

/** Fails when the name `to` is taken, where a rename alone would replace what is there. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
    await unlink(from);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    // No links on this file system: an empty file holds the name until the rename.
    await (await open(to, 'wx')).close();
    await rename(from, to);
  }
}

async function entryOf(path: string, name: string): Promise<LocalEntry | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { name, kind: 'directory', lengthBytes: 0 };
    return found.isFile() ? { name, kind: 'file', lengthBytes: found.size } : { name, kind: 'other', lengthBytes: 0 };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function writerOf(path: string, file: Awaited<ReturnType<typeof open>>): LocalWriter {
  return {
    async write(bytes) {
      let at = 0;
      while (at < bytes.length) at += (await naming('write', path, () => file.write(bytes, at))).bytesWritten;
    },
    async close() {
      await naming('write', path, () => file.close());
    },
    async abort() {
      await file.close().catch(() => undefined);
    },
  };
}
