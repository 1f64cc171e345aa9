import { fail, sleep } from '@alluvium/base';
import type { FileStatus, FileSystem } from '@alluvium/client';
import { forEachBounded } from '../bounded.js';
import { Progress } from '../output/progress.js';
import type { Session } from '../session.js';

export interface PersistOptions {
  readonly wait: boolean;
  readonly parallelism: number;
  /** Milliseconds for one file. */
  readonly timeout: number;
}

/** Between two looks at a file: short at first, because small files are quick. */
const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 1000;

export async function persist(session: Session, [paths]: readonly [readonly string[]], options: PersistOptions): Promise<void> {
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
  await fileSystem.persist(file.path, { signal: session.signal });
  if (!options.wait) return session.print(`${file.path} will be persisted`);
  const deadline = clock.monotonicMs() + options.timeout;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
    const status = await fileSystem.status(file.path, { signal: session.signal });
    if (status.persisted) return session.print(`persisted file ${file.path} with size ${status.lengthBytes}`);
    if (status.persistenceState === 'LOST')
      throw fail('dataLoss', `Cannot persist "${file.path}": its cached bytes are lost; a worker that has them wanted`);
    if (clock.monotonicMs() >= deadline)
      throw fail('deadlineExceeded', `Cannot persist "${file.path}": still ${status.persistenceState} after ${options.timeout} ms`);
    await sleep(clock, pollMs, session.signal);
  }
}
