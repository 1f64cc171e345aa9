export { readCheckpoint } from '../checkpoint-file.js';
export * from './entry-text.js';
export * from './history.js';
export * from './journal-files.js';
export * from './salvage.js';
export * from './scan-segment.js';
export * from './verify.js';
