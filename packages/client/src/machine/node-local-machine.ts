import { execFile } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { readSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { LocalMachine } from './local-machine.js';

const SCRIPT_TIMEOUT_MS = 10_000;
const MOST_SAID_BYTES = 64 << 10;
const run = promisify(execFile);

export const nodeLocalMachine: LocalMachine = {
  async open(path, access) {
    const file = await open(path, access === 'read' ? 'r' : 'r+');
    return {
      async read(into, offset) {
        let filled = 0;
        while (filled < into.length) {
          const { bytesRead } = await file.read(into, filled, into.length - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled;
      },
      readNow(into, offset) {
        let filled = 0;
        while (filled < into.length) {
          const count = readSync(file.fd, into, filled, into.length - filled, offset + filled);
          if (count === 0) break;
          filled += count;
        }
        return filled;
      },
      async write(bytes, offset) {
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      },
      close: () => file.close(),
    };
  },
  async isSocket(path) {
    try {
      return (await stat(path)).isSocket();
    } catch {
      return false;
    }
  },
  async resolve(host) {
    try {
      return (await lookup(host)).address;
    } catch {
      return undefined;
    }
  },
  output: async (path) => (await run(path, [], { timeout: SCRIPT_TIMEOUT_MS, maxBuffer: MOST_SAID_BYTES })).stdout,
};
