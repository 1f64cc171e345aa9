import { createInterface } from 'node:readline/promises';
import { fail } from '@alluvium/base';

/** Asks a person on the terminal. Throws `failedPrecondition` where nobody can answer. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw fail('failedPrecondition', `${question} Nobody can answer here; --yes wanted`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
