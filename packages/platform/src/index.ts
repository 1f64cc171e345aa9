export * from './config/configuration.js';
export * from './config/option.js';
export * from './disk.js';
export * from './environment.js';
export * from './logger.js';
