import { styleText } from 'node:util';

const SHOWN_APART = new Set(['level', 'time', 'msg']);

const STYLES = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' } as const;

/** A JSON log line as one line for people: `12:34:56.789 WARN  message key=value`. A stack follows on lines of its own. */
export function prettyLine(json: string, colour: boolean): string {
  const record = JSON.parse(json) as Record<string, unknown>;
  const level = String(record['level']);
  const style = STYLES[level as keyof typeof STYLES];
  const time = String(record['time']).slice(11, 23);
  const label = level.toUpperCase().padEnd(5);
  let line = `${time} ${colour && style !== undefined ? styleText(style, label, { validateStream: false }) : label} ${printable(String(record['msg']))}`;
  let stack = '';
  for (const [key, value] of Object.entries(record)) {
    if (SHOWN_APART.has(key)) continue;
    line += ` ${key}=${shown(value)}`;
    if (isStack(value) && level === 'error')
      stack += `\n    ${value.stack
        .split('\n')
        .slice(1)
        .map((frame) => printable(frame.trim()))
        .join('\n    ')}`;
  }
  return `${line}${stack}\n`;
}

function isStack(value: unknown): value is { readonly stack: string } {
  return typeof value === 'object' && value !== null && typeof (value as { stack?: unknown }).stack === 'string';
}

function shown(value: unknown): string {
  if (isStack(value)) return JSON.stringify((value as { message?: unknown }).message);
  if (typeof value === 'string' && /^[\w./:@%+,-]+$/.test(value)) return value;
  return JSON.stringify(value);
}

/** Control characters would let a file name write lines of its own, or colours, into a terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
