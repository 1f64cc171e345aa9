export { buildCli, runCli } from './build-cli.js';
export * from './context.js';
export * from './local-files.js';
export { nodeInput, nodeOutput, nodeSignals } from './terminal/node-terminal.js';
export { nodeLocalFiles } from './terminal/node-local-files.js';
