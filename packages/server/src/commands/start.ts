// `alluvium start` in the background: a process of its own that outlives this one, watched until it serves.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail } from '@alluvium/base';
import { banner } from '../banner.js';
import { COLLECTOR_FLAGS } from '../collector.js';
import type { Home } from '../home.js';
import { readState } from '../running.js';

/** Recovery of a large journal takes its time; the process is left running when this is over. */
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
const TAIL_BYTES = 2000;

/** Starts `program args`, which serves in the foreground, detached. Answers what to tell the user once it serves. */
export async function startInBackground(home: Home, program: string, args: readonly string[]): Promise<string> {
  const running = readState(home);
  if (running !== undefined) throw fail('failedPrecondition', `Process ${running.pid} runs on ${home.directory} already`);
  const outputFile = join(dirname(home.logFile), 'alluvium.out');
  mkdirSync(dirname(outputFile), { recursive: true });
  const output = openSync(outputFile, 'w');
  const child = spawn(process.execPath, [...COLLECTOR_FLAGS, program, ...args], { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  let exitCode: number | null | undefined;
  child.on('exit', (code) => (exitCode = code));
  child.on('error', () => (exitCode = null));
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    const state = readState(home);
    if (state?.pid === child.pid && state !== undefined && state.startedMs > 0) {
      child.unref();
      return banner(home, state);
    }
    if (exitCode !== undefined) throw fail('failedPrecondition', `The server ended at once: ${lastWords(outputFile)}`);
    await delay(POLL_MS);
  }
  child.unref();
  throw fail('deadlineExceeded', `Process ${child.pid} does not serve after ${START_TIMEOUT_MS / 1000} s; it goes on, see ${home.logFile}`);
}

/** The end of what the process printed, in a line. */
function lastWords(file: string): string {
  const text = readFileSync(file, 'utf8').slice(-TAIL_BYTES).trim();
  return text === '' ? 'it said nothing' : text.replace(/^alluvium start: /, '').replaceAll(/\s*\n\s*/g, '; ');
}
