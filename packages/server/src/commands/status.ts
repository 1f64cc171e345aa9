import { banner } from '../banner.js';
import type { Home, RunningState } from '../home.js';
import { readState } from '../running.js';

export interface Status {
  readonly running: boolean;
  readonly home: string;
  readonly state?: RunningState;
}

export function statusOf(home: Home): Status {
  const state = readState(home);
  return { running: state !== undefined, home: home.directory, ...(state !== undefined && { state }) };
}

export function statusText(home: Home, { state }: Status): string {
  if (state === undefined) return `Nothing runs on ${home.directory}\n`;
  if (state.startedMs === 0) return `Process ${state.pid} is starting on ${home.directory}\n`;
  return `${banner(home, state)}  up       ${upTime(Date.now() - state.startedMs)}\n`;
}

function upTime(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return `${days > 0 ? `${days} d ` : ''}${minutes >= 60 ? `${hours} h ` : ''}${minutes % 60} min`;
}
