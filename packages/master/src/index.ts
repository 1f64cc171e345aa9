export { createMaster, Master, type MasterDependencies } from './master.js';
export { journalFolder, masterOptions, masterRpcPort, rootUfs } from './options.js';
