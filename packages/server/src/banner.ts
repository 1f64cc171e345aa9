import type { Home, RunningState } from './home.js';

/** What `alluvium start` and `alluvium status` tell of a running server. */
export function banner(home: Home, state: RunningState): string {
  const rows: [string, string][] = [];
  if (state.master !== undefined) rows.push(['master', `alluxio://${state.master}`]);
  if (state.worker !== undefined) rows.push(['worker', state.worker]);
  if (state.root !== undefined) rows.push(['/ shows', state.root]);
  rows.push(['home', home.directory], ['process', String(state.pid)]);
  return [`Alluvium ${state.version} serves`, ...rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`), ''].join('\n');
}
