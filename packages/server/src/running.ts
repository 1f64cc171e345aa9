// What other commands know of a running server: run/state.json, written once it serves.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
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
  let state: RunningState;
  try {
    state = JSON.parse(readFileSync(home.stateFile, 'utf8')) as RunningState;
  } catch {
    return undefined;
  }
  return isAlive(state.pid) ? state : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Resolves to whether the process ended within `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > until) return false;
    await delay(20);
  }
  return true;
}
