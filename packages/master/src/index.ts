export { createMaster, Master, type MasterDependencies } from './master.js';
export { auditFile, journalFolder, masterOptions, masterRpcPort, rootUfs } from './options.js';
export type { DynamicOption } from './meta/live-configuration.js';
