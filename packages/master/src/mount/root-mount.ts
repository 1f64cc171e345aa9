import { fail } from '@alluvium/base';
import type { Configuration } from '@alluvium/platform';
import * as options from '../options.js';
import type { RootMount } from './mount.js';

/** `alluxio.master.mount.table.root.option.NAME=VALUE` are the properties of the root mount. */
const ROOT_OPTION = 'alluxio.master.mount.table.root.option.';

/** The root mount as it is configured: it is not journaled. */
export function rootMount(configuration: Configuration): RootMount {
  const ufsUri = configuration.get(options.rootUfs);
  if (ufsUri.trim() === '') throw fail('invalidArgument', `Cannot start: ${options.rootUfs.name} is empty`);
  const properties = new Map<string, string>();
  for (const [name, { value }] of configuration.entries())
    if (name.startsWith(ROOT_OPTION)) properties.set(name.slice(ROOT_OPTION.length), value);
  return { ufsUri, readOnly: configuration.get(options.rootReadOnly), shared: configuration.get(options.rootShared), properties };
}
