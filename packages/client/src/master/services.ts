import { methodsOf } from '@alluvium/net';
import {
  blockMaster,
  cacheService,
  fileSystemMaster,
  jobService,
  metaMaster,
  metricMaster,
  namespaceService,
  replicationService,
} from '@alluvium/wire';

export const fileMethods = methodsOf(fileSystemMaster.FileSystemMasterClientServiceDefinition);
export const blockMethods = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
export const metaMethods = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
export const namespaceMethods = methodsOf(namespaceService.NamespaceServiceDefinition);
export const metricsMethods = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
export const configurationMethods = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
export const replicationMethods = methodsOf(replicationService.ReplicationServiceDefinition);
export const cacheMethods = methodsOf(cacheService.CacheServiceDefinition);
export const jobMethods = methodsOf(jobService.JobServiceDefinition);
