export * from './connect.js';
export type { RetryPolicy } from './backoff.js';
export type * from './file-status.js';
export type * from './file-system.js';
export type * from './reports.js';
export type * from './read/readable-file.js';
export type * from './watch/changes.js';
export type * from './write/writable-file.js';
