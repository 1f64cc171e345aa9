import { identityGroups, staticGroups, SystemGroups, type Configuration, type Environment, type UserGroups } from '@alluvium/platform';
import { groupMapping, groupMappingFile, groupMappingTimeout } from './options.js';

/** Who is in which group, as the configuration says. */
export function userGroupsOf(configuration: Configuration, { clock, log }: Environment): UserGroups {
  const maxAgeMs = configuration.get(groupMappingTimeout);
  const path = configuration.get(groupMappingFile);
  if (path !== '') return staticGroups({ path, clock, log, maxAgeMs });
  return /identity/i.test(configuration.get(groupMapping)) ? identityGroups : new SystemGroups({ clock, maxAgeMs });
}
