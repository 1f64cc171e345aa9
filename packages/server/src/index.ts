export { clientOptions } from './client-options.js';
export { serverOptions } from './options.js';
