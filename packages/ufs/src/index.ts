export * from './factory.js';
export * from './layers/limits.js';
export * from './layers/metrics.js';
export * from './layers/retry.js';
export * from './open.js';
export * from './options.js';
export * from './under-store.js';
export * from './uri.js';
