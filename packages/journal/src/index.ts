export * from './disk-calls.js';
export * from './journal-status.js';
export * from './journal.js';
export * from './local-directory-storage.js';
export * from './open-journal.js';
export * from './options.js';
export * from './state-hash.js';
export * from './storage.js';
