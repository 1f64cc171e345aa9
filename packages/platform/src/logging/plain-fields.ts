import { AlluviumError } from '@alluvium/base';
import type { LogFields } from '../logger.js';

/** A field is told up to this length; what is longer is data, not a log line. */
const MAX_TEXT_LENGTH = 4096;

/** Fields as JSON can hold them: errors with kind, message, stack and causes, 64-bit ids as text, long texts cut. */
export function plainFields(fields: LogFields): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) out[key] = plain(value);
  return out;
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return cut(value);
  if (value instanceof Error) return plainError(value, 0);
  return value;
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    ...(error instanceof AlluviumError && { kind: error.kind }),
    message: cut(error.message),
    stack: cut(error.stack ?? ''),
    ...(error.cause instanceof Error && depth < 4 && { cause: plainError(error.cause, depth + 1) }),
  };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH)}... (${text.length} characters)`;
}
