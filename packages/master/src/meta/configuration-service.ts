// MetaMasterConfigurationService: what clients load before anything else. It asks for no authentication, so it says nothing secret.
import { createHash } from 'node:crypto';
import { fail } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { metaMaster, type common } from '@alluvium/wire';

const methods = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);

/** MD5 of nothing: what a 2.9.4 master answers while no path has a configuration. */
const NO_PATH_CONFIG_HASH = 'd41d8cd98f00b204e9800998ecf8427e';

/** Clients reconnect when the hash changes, so it is computed once from the very values that are sent. */
export function configurationService(properties: readonly common.ConfigProperty[]): (table: ServiceTable) => void {
  const clusterConfigs = [...properties];
  const clusterConfigHash = hashOf(clusterConfigs);
  return (table) => {
    table
      .declare(metaMaster.MetaMasterConfigurationServiceDefinition.fullName, 'none')
      .unary(methods.getConfiguration, (request) => ({
        ...(request.ignoreClusterConf !== true && { clusterConfigs, clusterConfigHash }),
        ...(request.ignorePathConf !== true && { pathConfigHash: NO_PATH_CONFIG_HASH }),
      }))
      .unary(methods.getConfigHash, () => ({ clusterConfigHash, pathConfigHash: NO_PATH_CONFIG_HASH }))
      .unary(methods.updateConfiguration, (request) => ({
        // Nothing is dynamic yet: false is how a master says so, and the shell prints it per key.
        status: Object.fromEntries(Object.keys(request.properties ?? {}).map((name) => [name, false])),
      }))
      .unary(methods.setPathConfiguration, () => {
        throw fail('unimplemented', 'Path configuration is not supported by this version');
      })
      .unary(methods.removePathConfiguration, () => {
        throw fail('unimplemented', 'Path configuration is not supported by this version');
      });
  };
}

/** 32 hex characters, opaque to clients. */
function hashOf(properties: readonly common.ConfigProperty[]): string {
  return createHash('md5')
    .update(properties.map((p) => `${p.name}=${p.value}`).join('\n'))
    .digest('hex');
}
