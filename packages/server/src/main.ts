// The command line as a whole: the client's commands and those that act on this machine.
import { fileURLToPath } from 'node:url';
import { buildCli, nodeSignals, runCli } from '@alluvium/cli';
import { takeDefinitions } from '@alluvium/platform';
import { clientContext } from './client-context.js';
import { serverCommands } from './server-commands.js';

/** The program that npm and users start, above the bundle's files. */
const PROGRAM = fileURLToPath(new URL('../alluvium.mjs', import.meta.url));

const ALIVE_MS = 1 << 30;

/** Runs a command; resolves to the exit code: 0, 1 for a failure, 2 for wrong usage, 128 and its number for a signal. */
export async function main(args: readonly string[]): Promise<number> {
  const { definitions, rest } = takeDefinitions(args);
  const signals = nodeSignals();
  const context = clientContext(definitions, signals.signal);
  const program = buildCli(context);
  let serverCode = 0;
  for (const command of serverCommands({
    definitions,
    program: PROGRAM,
    print: (text) => context.stdout.write(text),
    printError: (text) => context.stderr.write(text),
    signal: signals.signal,
    setExitCode: (code) => (serverCode = code),
    releaseSignals: signals.stop,
  }))
    program.addCommand(command);
  // Clock and idle connections do not keep a process alive, and a command that waits for either has not ended.
  const alive = setInterval(() => {}, ALIVE_MS);
  const code = await runCli(program, context, rest);
  clearInterval(alive);
  signals.stop();
  return code === 0 ? serverCode : code;
}
