import { listConfiguration, type Configuration } from '@alluvium/platform';
import type { common } from '@alluvium/wire';
import { allOptions } from './options.js';
import { PROTOCOL_VERSION } from './version.js';

/** Read by 2.9 clients without a check for absence. The second is the HDFS client version that theirs was built with. */
const REQUIRED: readonly common.ConfigProperty[] = [
  { name: 'alluxio.version', source: 'DEFAULT', value: PROTOCOL_VERSION },
  { name: 'alluxio.underfs.version', source: 'DEFAULT', value: '3.3.1' },
];

/** The whole configuration of this server as it is compared with that of others, secrets starred out. */
export function reportedProperties(configuration: Configuration): common.ConfigProperty[] {
  return listConfiguration(configuration, allOptions)
    .filter(({ name, value }) => name.startsWith('alluxio.') && value !== undefined)
    .map(({ name, value, source }) => ({ name, value, source }));
}

/** What the master tells clients of its configuration: what was set, under Alluxio's names, secrets starred out. */
export function clusterProperties(configuration: Configuration): common.ConfigProperty[] {
  const out = [...REQUIRED];
  for (const { name, value, source, detail } of listConfiguration(configuration, allOptions)) {
    if (!name.startsWith('alluxio.') || source === 'default' || value === undefined) continue;
    out.push({ name, value, source: detail === undefined ? source : `${source} (${detail})` });
  }
  return out;
}
