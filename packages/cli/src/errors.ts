// How an error is told: one line, what and where first, and what to do when the program knows.
import { AlluviumError, kindOf, messageOf } from '@alluvium/base';
import type { ErrorKind } from '@alluvium/base';
import { UsageError } from './exit-code.js';
import { toJson } from './output/json.js';
import { printable } from './output/printable.js';

export interface ErrorContext {
  /** `alluvium fs ls` */
  readonly command: string;
  /** What the command was working on. */
  readonly path?: string;
  /** Where the master was looked for, when known. */
  readonly master?: string;
}

/** Short words for what the error's own text would only say longer. */
const SHORT: Partial<Record<ErrorKind, { readonly pattern: RegExp; readonly text: string }>> = {
  notFound: { pattern: /^Path "([^"]*)" does not exist\.$/, text: 'does not exist' },
};

/** `alluvium fs ls: /x: does not exist` */
export function errorText(error: unknown, context: ErrorContext): string {
  const hint = hintFor(error, context);
  return printable(`${context.command}: ${detail(error, context.path)}`) + (hint === undefined ? '' : `\n  ${hint}`);
}

/** The same for programs: `{"error":{"command":...,"kind":"notFound","message":...,"path":...,"hint":...}}`. */
export function errorJson(error: unknown, context: ErrorContext): string {
  const kind = error instanceof UsageError ? 'invalidArgument' : kindOf(error);
  return toJson({
    error: { command: context.command, kind, message: messageOf(error), path: context.path, hint: hintFor(error, context) },
  });
}

function detail(error: unknown, path: string | undefined): string {
  const message = messageOf(error);
  if (!(error instanceof AlluviumError) && !(error instanceof UsageError)) return `a defect of this program: ${message}`;
  const short = error instanceof AlluviumError ? SHORT[error.kind] : undefined;
  const match = short?.pattern.exec(message);
  if (match !== null && match !== undefined) return `${match[1]!}: ${short!.text}`;
  // Texts of the form `Cannot ACTION "object": ...` name what they are about.
  return path === undefined || message.includes(path) || message.startsWith('Cannot ') ? message : `${path}: ${message}`;
}

/** Whether no master answers, in the words of @alluvium/client; a worker or a store that is away is another matter. */
export function isMasterAway(error: unknown): boolean {
  return kindOf(error) === 'unavailable' && /^Cannot (?:get an answer|find the leading master) of /.test(messageOf(error));
}

function hintFor(error: unknown, context: ErrorContext): string | undefined {
  if (error instanceof UsageError) return `see ${context.command} --help`;
  if (!(error instanceof AlluviumError)) return undefined;
  if (isMasterAway(error)) return `is it running${context.master === undefined ? '' : ` at ${context.master}`}? alluvium start`;
  if (/no live worker/.test(error.message)) return 'alluvium report shows the workers';
  if (error.kind === 'unauthenticated') return 'another user can be named with --user';
  return undefined;
}
