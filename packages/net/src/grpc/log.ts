/** Where the transport reports what its user should know; a platform logger's methods fit behind it. */
export type NetLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void;
