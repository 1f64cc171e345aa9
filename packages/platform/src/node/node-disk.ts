import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Disk, DiskEntry, DiskFile, DiskSpace, DiskStat } from '../disk.js';
import { diskError, errnoOf } from './disk-errors.js';
import { NodeDiskFile } from './node-disk-file.js';

const SCAN_ENTRIES = 1000;

/** The disk of this machine. Every block, sidecar and journal segment of a real process passes here. */
export function nodeDisk(): Disk {
  return new NodeDisk();
}

class NodeDisk implements Disk {
  async makeDirectory(path: string, mode?: number): Promise<void> {
    try {
      const first = await fs.promises.mkdir(path, { recursive: true });
      if (first === undefined || mode === undefined) return;
      const from = resolve(first);
      for (let made = resolve(path); made.length >= from.length; made = dirname(made)) await fs.promises.chmod(made, mode);
    } catch (error) {
      throw diskError('make the directory', path, error);
    }
  }

  async list(path: string): Promise<DiskEntry[]> {
    try {
      const entries = await fs.promises.readdir(path, { withFileTypes: true });
      return await Promise.all(entries.map(async (entry) => ({ name: entry.name, kind: await this.#kindOf(path, entry) })));
    } catch (error) {
      throw diskError('list', path, error);
    }
  }

  async *scan(path: string): AsyncGenerator<readonly DiskEntry[]> {
    try {
      await using directory = await fs.promises.opendir(path, { bufferSize: SCAN_ENTRIES });
      let entries: DiskEntry[] = [];
      for (let entry = await directory.read(); entry !== null; entry = await directory.read()) {
        entries.push({ name: entry.name, kind: await this.#kindOf(path, entry) });
        if (entries.length < SCAN_ENTRIES) continue;
        yield entries;
        entries = [];
      }
      if (entries.length > 0) yield entries;
    } catch (error) {
      throw diskError('list', path, error);
    }
  }

  async stat(path: string): Promise<DiskStat | undefined> {
    try {
      // Of the disks that this serves (journal, tiers) the kernel has it in memory: a call into the pool would cost ten times as much.
      const stats = fs.statSync(path, { throwIfNoEntry: false });
      if (stats === undefined) return undefined;
      return {
        kind: kindOf(stats),
        length: stats.size,
        modifiedMs: Math.trunc(stats.mtimeMs),
        mode: stats.mode & 0o7777,
        uid: stats.uid,
        gid: stats.gid,
      };
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw diskError('stat', path, error);
    }
  }

  open(path: string, access: 'read' | 'write' | 'create' | 'update', mode?: number): Promise<DiskFile> {
    return new Promise((opened, reject) => {
      fs.open(path, OPEN_FLAGS[access], mode ?? 0o666, (error, fd) => {
        if (error !== null) return reject(diskError(`open for ${access}`, path, error));
        if (mode === undefined || access === 'read') return opened(new NodeDiskFile(path, fd));
        // The umask took bits away; short-circuit clients of other users need what was asked for.
        fs.fchmod(fd, mode, (refused) => {
          if (refused === null) return opened(new NodeDiskFile(path, fd));
          fs.close(fd, () => reject(diskError('set the mode of', path, refused)));
        });
      });
    });
  }

  async readFile(path: string): Promise<Buffer> {
    try {
      return await fs.promises.readFile(path);
    } catch (error) {
      throw diskError('read', path, error);
    }
  }

  readFileNow(path: string): Buffer {
    try {
      return fs.readFileSync(path);
    } catch (error) {
      throw diskError('read', path, error);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    try {
      await fs.promises.rename(from, to);
    } catch (error) {
      throw diskError(`rename to "${to}"`, from, error);
    }
  }

  async remove(path: string): Promise<void> {
    try {
      await fs.promises.unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw diskError('remove', path, error);
    }
  }

  async removeDirectory(path: string, options?: { recursive?: boolean }): Promise<void> {
    try {
      if (options?.recursive === true) await fs.promises.rm(path, { recursive: true, force: true });
      else await fs.promises.rmdir(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw diskError('remove the directory', path, error);
    }
  }

  async link(path: string, name: string): Promise<void> {
    try {
      await fs.promises.link(path, name);
    } catch (error) {
      throw diskError(`link as "${name}"`, path, error);
    }
  }

  async setMode(path: string, mode: number): Promise<void> {
    try {
      await fs.promises.chmod(path, mode);
    } catch (error) {
      throw diskError('set the mode of', path, error);
    }
  }

  async syncDirectory(path: string): Promise<void> {
    try {
      await using handle = await fs.promises.open(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      await handle.sync();
    } catch (error) {
      throw diskError('sync the directory', path, error);
    }
  }

  async space(path: string): Promise<DiskSpace> {
    try {
      const stats = await fs.promises.statfs(path);
      return { capacityBytes: stats.blocks * stats.bsize, availableBytes: stats.bavail * stats.bsize };
    } catch (error) {
      throw diskError('measure the space of', path, error);
    }
  }

  async #kindOf(directory: string, entry: fs.Dirent): Promise<DiskEntry['kind']> {
    if (!entry.isSymbolicLink()) return kindOf(entry);
    return (await this.stat(`${directory}/${entry.name}`))?.kind ?? 'other';
  }
}

const OPEN_FLAGS = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
  update: fs.constants.O_RDWR | fs.constants.O_CREAT,
} as const;

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): DiskEntry['kind'] {
  return entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other';
}
