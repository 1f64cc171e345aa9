import { CommanderError } from 'commander';
import { Interruption, OutputClosed } from './context.js';

/** What scripts test. The numbers after a signal are the shell's: 128 and its number. */
export const EXIT = { ok: 0, failure: 1, usage: 2, interrupted: 130, terminated: 143, hungUp: 129 } as const;

/** Ends a command with a code and without a word, as `fs test` does. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus';
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** A wrong command line, found by a command itself: the same exit code as one found by the parser. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The code for what ended a command. A defect of ours is a failure too. */
export function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof ExitStatus) return error.code;
  if (error instanceof OutputClosed) return EXIT.ok;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  return signal.aborted ? exitCodeOfInterruption(signal.reason) : EXIT.failure;
}

function exitCodeOfInterruption(reason: unknown): number {
  if (!(reason instanceof Interruption)) return EXIT.interrupted;
  return { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp }[reason.signalName];
}
