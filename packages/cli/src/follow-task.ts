import { sleep } from '@alluvium/base';
import type { FileSystem, TaskDetails } from '@alluvium/client';
import { Progress, type ProgressUnit } from './output/progress.js';
import type { Session } from './session.js';

const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 1000;

/** Shows how far a task of the master is until it has ended, and cancels it when this command is ended. */
export async function followTask(session: Session, fileSystem: FileSystem, taskId: bigint, unit: ProgressUnit): Promise<TaskDetails> {
  const { clock, stderr } = session.context;
  const progress = new Progress(stderr, clock, unit);
  let done = 0;
  let total = 0;
  try {
    return await session.withProgress(progress, async () => {
      for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
        const details = await fileSystem.admin.task(taskId, { signal: session.signal });
        const { task } = details;
        progress.add(Number(task.done) - done);
        if (task.total !== undefined) progress.expect(Number(task.total) - total);
        done = Number(task.done);
        total = Number(task.total ?? total);
        if (task.state !== 'RUNNING') return details;
        await sleep(clock, pollMs, session.signal);
      }
    });
  } catch (error) {
    if (session.signal.aborted) await fileSystem.admin.cancelTask(taskId).catch(() => undefined);
    throw error;
  }
}
