import type { Logger } from '@alluvium/platform';

export interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log whose lines are gathered. */
export function recordLog(records: LogRecord[]): Logger {
  const at =
    (level: LogRecord['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void records.push({ level, message, fields });
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}
