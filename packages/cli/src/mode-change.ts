// What `chmod` is told to do: octal digits, or letters such as `u+x,g-w,o=`.
import { InvalidArgumentError } from 'commander';

export interface ModeChange {
  /** As it was typed. */
  readonly text: string;
  /** The mode, when it does not depend on what was before. */
  readonly absolute: number | undefined;
  /** The mode after the change. */
  of(before: { readonly mode: number; readonly folder: boolean }): number;
}

interface Clause {
  /** Whose bits, as a mask over all nine. */
  readonly who: number;
  readonly operator: string;
  readonly permissions: string;
}

const WHO: Readonly<Record<string, number>> = { u: 0o700, g: 0o070, o: 0o007, a: 0o777 };
const BITS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };
const ALL = 0o777;

export function modeChangeValue(text: string): ModeChange {
  if (/^0?[0-7]{3}$/.test(text)) {
    const mode = Number.parseInt(text, 8);
    return { text: mode.toString(8), absolute: mode, of: () => mode };
  }
  const clauses = text.split(',').map(clauseOf);
  const of = (before: { readonly mode: number; readonly folder: boolean }): number =>
    clauses.reduce((mode, clause) => applied(mode, clause, before.folder), before.mode);
  const sets = clauses.every(({ operator, permissions }) => operator === '=' && !permissions.includes('X'));
  const everybody = clauses.reduce((who, clause) => who | clause.who, 0) === ALL;
  return { text, absolute: sets && everybody ? of({ mode: 0, folder: false }) : undefined, of };
}

function clauseOf(text: string): Clause {
  const match = /^([ugoa]*)([-+=])([rwxX]*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Three octal digits, such as 640, or letters, such as u+x,g-w,o=, are wanted.');
  const [, letters = '', operator = '', permissions = ''] = match;
  const who = [...(letters === '' ? 'a' : letters)].reduce((bits, letter) => bits | WHO[letter]!, 0);
  return { who, operator, permissions };
}

function applied(mode: number, { who, operator, permissions }: Clause, folder: boolean): number {
  let bits = 0;
  // X: execute for directories, and for files that somebody may execute already.
  for (const letter of permissions) bits |= letter === 'X' ? (folder || (mode & 0o111) !== 0 ? 0o111 : 0) : BITS[letter]!;
  bits &= who;
  if (operator === '+') return mode | bits;
  return operator === '-' ? mode & ~bits : (mode & ~who) | bits;
}
