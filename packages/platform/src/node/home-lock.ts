import * as fs from 'node:fs';
import { fail } from '@alluvium/base';
import { diskError, errnoOf } from './disk-errors.js';
import { nodeRandom } from './node-random.js';

/** The process that holds a home. */
export interface HomeHolder {
  readonly pid: number;
  /** When it started, as the kernel counts; tells it from a later process with the same number. Empty where that is unknown. */
  readonly started: string;
}

export interface HomeLock {
  /** Gives the home up. A process that dies without it leaves a file that the next one sees through. */
  release(): void;
}

const LOCK_NAME = 'alluvium.pid';
const ATTEMPTS = 10;

/**
 * Makes this process the only one that uses the directory `home`. The lock is a file with the number and start time of its
 * process; one whose process is gone does not count. Throws `failedPrecondition` when a living process has it.
 */
export function lockHome(home: string): HomeLock {
  const path = `${home}/${LOCK_NAME}`;
  const own = JSON.stringify(describe(process.pid));
  const unique = `${path}.${process.pid}-${Buffer.from(nodeRandom.bytes(6)).toString('hex')}`;
  try {
    fs.mkdirSync(home, { recursive: true });
    fs.writeFileSync(unique, own);
  } catch (error) {
    throw diskError('lock', home, error);
  }
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // A hard link is made whole or not at all, so that nobody reads a lock that is half written.
      if (tryLink(unique, path)) return { release: () => removeIf(path, own) };
      const text = readIfThere(path);
      if (text === undefined) continue;
      const holder = parseHolder(text);
      if (holder !== undefined && isAlive(holder)) {
        throw fail('failedPrecondition', `Cannot use "${home}": process ${holder.pid} is using it; stop that one first`);
      }
      takeAway(path, text, `${unique}-stale`);
    }
    throw fail('failedPrecondition', `Cannot use "${home}": other processes are taking it at the same moment; try again`);
  } finally {
    fs.rmSync(unique, { force: true });
  }
}

/** The living process that holds `home`, if any. */
export function homeHolder(home: string): HomeHolder | undefined {
  const text = readIfThere(`${home}/${LOCK_NAME}`);
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw diskError('lock', to, error);
  }
}

/** Removes a lock of a dead process. When another one replaced it in between, that one is put back. */
function takeAway(path: string, text: string, aside: string): void {
  try {
    fs.renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw diskError('take away the old lock', path, error);
  }
  if (fs.readFileSync(aside, 'utf8') !== text) tryLink(aside, path);
  fs.rmSync(aside, { force: true });
}

function removeIf(path: string, text: string): void {
  if (readIfThere(path) === text) fs.rmSync(path, { force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw diskError('read', path, error);
  }
}

function parseHolder(text: string): HomeHolder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<HomeHolder>;
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}

function describe(pid: number): HomeHolder {
  return { pid, started: startOf(pid) ?? '' };
}

function isAlive(holder: HomeHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
  }
  return holder.started === '' || startOf(holder.pid) === holder.started;
}

/** Boot and start time of a process (field 22 of /proc/PID/stat, after the name in parentheses, which may hold anything). */
function startOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie (Z) holds nothing any more.
    if (fields[0] === 'Z') return undefined;
    return `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
