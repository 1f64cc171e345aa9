// What other commands know of a running server: run/state.json, written once it serves.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { homeHolder } from '@alluvium/platform';
import type { Home, RunningState } from './home.js';

export function writeState(home: Home, state: RunningState): void {
  const temporary = `${home.stateFile}.${state.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(temporary, home.stateFile);
}

export function removeState(home: Home): void {
  rmSync(home.stateFile, { force: true });
}

/** The state of the server that runs on this home, or undefined when none does. */
export function readState(home: Home): RunningState | undefined {
  const holder = homeHolder(home.directory);
  if (holder === undefined) return undefined;
  try {
    const state = JSON.parse(readFileSync(home.stateFile, 'utf8')) as RunningState;
    if (state.pid === holder.pid) return state;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // It holds the home and has not come to serve yet.
  return { pid: holder.pid, startedMs: 0, version: '', roles: [] };
}

/** Resolves to whether the process gave the home up within `timeoutMs`. */
export async function waitForExit(home: Home, pid: number, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (homeHolder(home.directory)?.pid === pid) {
    if (Date.now() > until) return false;
    await delay(20);
  }
  return true;
}
