// A server process from start to end: takes its home, starts the roles, serves until it is asked to stop or must not go on.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@alluvium/base';
import { rootUfs } from '@alluvium/master';
import { lockHome, nodeEnvironment, nodeLogger, type LogLevel } from '@alluvium/platform';
import { banner } from './banner.js';
import { countBuffersInHeapLimit } from './collector.js';
import type { Home, RunningState } from './home.js';
import { logLevel } from './options.js';
import { composeRoles, type Role, type Roles } from './roles.js';
import { removeState, writeState } from './running.js';
import { serverSettings } from './settings.js';
import { VERSION } from './version.js';

export interface ServeRequest {
  readonly home: Home;
  readonly roles: readonly Role[];
  readonly root: string | undefined;
  readonly definitions: Readonly<Record<string, string>>;
  /** Log to the home's file instead of the terminal. */
  readonly logToFile: boolean;
}

/** How long the announcement waits for the worker to register. */
const READY_TIMEOUT_MS = 5000;
const READY_POLL_MS = 10;

/** Serves; resolves to the exit code of the process. */
export async function serve(request: ServeRequest): Promise<number> {
  const { home, roles } = request;
  countBuffersInHeapLimit();
  for (const file of [home.stateFile, home.logFile, home.siteFile]) mkdirSync(dirname(file), { recursive: true });
  const lock = lockHome(home.directory);
  try {
    removeState(home);
    const { configuration, warnings } = await serverSettings(home, request.definitions, request.root);
    const level = configuration.get(logLevel) satisfies LogLevel;
    const log = nodeLogger({ level, ...(request.logToFile && { file: home.logFile }) });
    for (const warning of warnings) log.warn(warning);
    const running = composeRoles(roles, nodeEnvironment({ log }), configuration, [
      { option: logLevel, changed: (text) => log.setLevel(logLevel.parse(text)) },
    ]);
    const ended = untilEnded(running);
    await running.services.start();
    await untilReady(running);
    const state = describe(roles, running, configuration.text(rootUfs));
    writeState(home, state);
    if (!request.logToFile) process.stdout.write(banner(home, state));
    log.info('serving', { ...state });
    const end = await ended;
    if (end.error === undefined) log.info('stopping', { reason: end.reason });
    else log.error('stopping', { reason: end.reason, error: messageOf(end.error) });
    await running.services.stop();
    log.close();
    return end.error === undefined ? 0 : 1;
  } finally {
    removeState(home);
    lock.release();
  }
}

interface End {
  readonly reason: string;
  readonly error?: unknown;
}

/** Asked by a signal, by a master that must not serve on, or by a worker that has looked for one long enough. A second signal ends the process at once. */
function untilEnded({ master, workerFailed }: Roles): Promise<End> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
        asked = true;
        resolve({ reason: signal });
      });
    }
    void master?.failed.then((error) => resolve({ reason: 'the journal is broken', error }));
    void workerFailed.then((error) => resolve({ reason: 'there is no master', error }));
  });
}

async function untilReady({ services }: Roles): Promise<void> {
  for (let waited = 0; waited < READY_TIMEOUT_MS && !services.health().ready; waited += READY_POLL_MS) await delay(READY_POLL_MS);
}

function describe(roles: readonly Role[], running: Roles, root: string | undefined): RunningState {
  const text = (address: { host: string; port: number } | undefined): string | undefined =>
    address === undefined ? undefined : `${address.host}:${address.port}`;
  const master = text(running.master?.address);
  const worker = text(running.worker()?.address);
  return {
    pid: process.pid,
    startedMs: Date.now(),
    version: VERSION,
    roles,
    ...(master !== undefined && { master, ...(root !== undefined && { root }) }),
    ...(worker !== undefined && { worker }),
  };
}
