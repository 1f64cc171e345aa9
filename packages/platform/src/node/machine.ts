import { accessSync, constants } from 'node:fs';
import { availableParallelism, hostname, totalmem, userInfo } from 'node:os';
import { isOnTmpfs } from './node-disk-file.js';

export interface Machine {
  /** The memory that this process may use: the machine's, or the control group's when that is less. */
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly hostName: string;
  readonly userName: string;
  /** A writable directory in memory for the MEM tier. */
  readonly tmpfsDirectory: string | undefined;
}

/** What defaults are made from. */
export function machine(): Machine {
  const limit = process.constrainedMemory();
  return {
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
    cpus: availableParallelism(),
    hostName: hostname(),
    userName: userName(),
    tmpfsDirectory: isWritable('/dev/shm') && isOnTmpfs('/dev/shm') ? '/dev/shm' : undefined,
  };
}

/** A container may run as a number that no file names. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
