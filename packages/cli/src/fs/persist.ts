import { fail, sleep } from '@alluvium/base';
import type { FileStatus, FileSystem } from '@alluvium/client';
import { forEachBounded } from '../bounded.js';
import { Progress } from '../output/progress.js';
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';
import { persistStatus } from './persist-status.js';

export interface PersistOptions {
  /** Milliseconds until the first attempt; false: the command does not wait for the files. */
  readonly wait: number | boolean | undefined;
  readonly parallelism: number;
  /** Milliseconds for one file. */
  readonly timeout: number;
  /** Shows what waits instead. */
  readonly status?: boolean;
  /** Files shown. */
  readonly limit: number;
}

/** Between two looks at a file: short at first, because small files are quick. */
const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 1000;

export async function persist(session: Session, [paths]: readonly [readonly string[]], options: PersistOptions): Promise<void> {
  if (options.status === true) return persistStatus(session, paths, options.limit);
  if (session.json) throw new UsageError('--json goes with --status');
  if (paths.length === 0) throw new UsageError('a path is wanted');
  const progress = new Progress(session.context.stderr, session.context.clock, 'files');
  await session.withProgress(progress, () =>
    session.forEachPath(paths, async (path, fileSystem) => {
      const files = await notPersisted(session, fileSystem, path);
      await session.print(`Found ${files.length} files to persist.`);
      progress.expect(files.length);
      await forEachBounded(files, options.parallelism, (file) =>
        session.attempt(file.path, async () => {
          await persistOne(session, fileSystem, file, options);
          progress.add(1);
        }),
      );
    }),
  );
}

/** The files at or below a path that are not in the store. What is still being written is left out, as it cannot be persisted. */
async function notPersisted(session: Session, fileSystem: FileSystem, path: string): Promise<FileStatus[]> {
  const out: FileStatus[] = [];
  for await (const status of fileSystem.list(path, { recursive: true, signal: session.signal })) {
    if (!status.folder && status.completed && !status.persisted) out.push(status);
  }
  return out;
}

async function persistOne(session: Session, fileSystem: FileSystem, file: FileStatus, options: PersistOptions): Promise<void> {
  const { clock } = session.context;
  const waitMs = typeof options.wait === 'number' ? options.wait : 0;
  await fileSystem.persist(file.path, { waitMs: BigInt(waitMs), signal: session.signal });
  if (options.wait === false) return session.print(`${file.path} will be persisted`);
  const deadline = clock.monotonicMs() + waitMs + options.timeout;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
    const status = await fileSystem.status(file.path, { signal: session.signal });
    if (status.persisted) return session.print(`persisted file ${file.path} with size ${status.lengthBytes}`);
    if (status.persistenceState === 'LOST')
      throw fail('dataLoss', `Cannot persist "${file.path}": its cached bytes are lost; a worker that has them wanted`);
    if (clock.monotonicMs() >= deadline)
      throw fail('deadlineExceeded', `Cannot persist "${file.path}": ${await whyNotYet(session, fileSystem, status, options)}`);
    await sleep(clock, pollMs, session.signal);
  }
}

async function whyNotYet(session: Session, fileSystem: FileSystem, status: FileStatus, options: PersistOptions): Promise<string> {
  const still = `still ${status.persistenceState} after ${options.timeout} ms`;
  // A master that has no queue to show is no reason for another error.
  const queue = await fileSystem.persistQueue(status.path, { limit: 1, signal: session.signal }).catch(() => undefined);
  const error = queue?.entries[0]?.lastError;
  return error === undefined ? still : `${still}; ${error}`;
}
