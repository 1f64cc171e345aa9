import { fail } from '@alluvium/base';
import type { Home } from '../home.js';
import { readState, waitForExit } from '../running.js';

/** Longer than a server takes to drain. */
const STOP_TIMEOUT_MS = 30_000;

/** Asks the server of a home to end and waits until it has. Answers what to tell the user. */
export async function stop(home: Home): Promise<string> {
  const state = readState(home);
  if (state === undefined) return `Nothing runs on ${home.directory}`;
  process.kill(state.pid, 'SIGTERM');
  if (!(await waitForExit(home, state.pid, STOP_TIMEOUT_MS))) {
    throw fail(
      'deadlineExceeded',
      `Cannot stop process ${state.pid}: it still runs after ${STOP_TIMEOUT_MS / 1000} s; see ${home.logFile}`,
    );
  }
  return `Stopped (process ${state.pid})`;
}
