export * from './open.js';
export * from './under-store.js';
