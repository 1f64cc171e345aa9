import { createRequire } from 'node:module';
import type pino from 'pino';
import { plainFields } from '../logging/plain-fields.js';
import { prettyLine } from '../logging/pretty-line.js';
import type { LogFields, Logger } from '../logger.js';
import { LogFile } from './log-file.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface NodeLoggerOptions {
  /** The least that is told; `info` when absent. */
  readonly level?: LogLevel;
  /** A file for JSON lines. When absent: single lines for people on stderr when that is a terminal, else JSON lines on stdout. */
  readonly file?: string;
  /** When the file is set aside; 64 MiB when absent. */
  readonly maxFileBytes?: number;
  /** How many files that were set aside are kept; 5 when absent. */
  readonly keepFiles?: number;
}

export interface NodeLogger extends Logger {
  /** Changes what this logger and children made later tell. */
  setLevel(level: LogLevel): void;
  /** Closes the file; nothing may be logged afterwards. */
  close(): void;
}

/** The log of a real process. */
export function nodeLogger(options: NodeLoggerOptions = {}): NodeLogger {
  const file =
    options.file === undefined
      ? undefined
      : new LogFile({ path: options.file, maxBytes: options.maxFileBytes ?? 64 * 2 ** 20, keep: options.keepFiles ?? 5 });
  // Loaded when there is something to log to: a command that only asks a server has no logger, and starts sooner without.
  const make = createRequire(import.meta.url)('pino') as typeof pino;
  const root = make(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: make.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    file ?? (process.stderr.isTTY ? terminal() : make.destination({ dest: 1, sync: true })),
  );
  return Object.assign(wrap(root), {
    setLevel(level: LogLevel) {
      root.level = level;
    },
    close() {
      file?.close();
    },
  });
}

function terminal(): pino.DestinationStream {
  const colour = process.stderr.hasColors();
  return { write: (line) => void process.stderr.write(prettyLine(line, colour)) };
}

function wrap(to: pino.Logger): Logger {
  const tell =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (!to.isLevelEnabled(level)) return;
      if (fields === undefined) to[level](message);
      else to[level](plainFields(fields), message);
    };
  return {
    debug: tell('debug'),
    info: tell('info'),
    warn: tell('warn'),
    error: tell('error'),
    child: (fields) => wrap(to.child(plainFields(fields))),
  };
}
