export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './path.js';
export * from './random.js';
export * from './sizes.js';
