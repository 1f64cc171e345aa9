export { decodeBackup } from './backup/index.js';
export { createMaster, Master, type MasterDependencies } from './master.js';
export {
  auditFile,
  backupDirectory,
  backupLocalDirectory,
  initFromBackup,
  journalFolder,
  masterOptions,
  masterRpcPort,
  metastoreDirectory,
  rootUfs,
} from './options.js';
export type { DynamicOption } from './meta/live-configuration.js';
export { OfflineState, type StateFigures } from './offline/offline-state.js';
