// Everything a process knows before it starts a role: its home, and its configuration from flags, environment and site file.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '@alluvium/base';
import { rootUfs } from '@alluvium/master';
import { machine, nodeDisk, type Disk, type LoadedConfiguration } from '@alluvium/platform';
import { embeddedDefaults } from './embedded-defaults.js';
import type { Home } from './home.js';
import { homeConfiguration } from './home-configuration.js';
import { allOptions } from './options.js';

/** The configuration of a server with a root store from the command line, and the defaults that depend on home and machine; makes their directories. */
export async function serverSettings(
  home: Home,
  definitions: Readonly<Record<string, string>>,
  root: string | undefined,
  disk: Disk = nodeDisk(),
): Promise<LoadedConfiguration> {
  const flags = root === undefined ? definitions : { ...definitions, [rootUfs.name]: rootUri(root) };
  const { configuration, warnings } = homeConfiguration(allOptions, home, flags);
  const defaults = await embeddedDefaults(home, configuration, machine(), disk);
  if (defaults[rootUfs.name] === home.store) await disk.makeDirectory(home.store);
  return { configuration: configuration.with(defaults, 'default'), warnings };
}

/** A directory of this machine by its absolute path, or the URI of a store as it is. */
function rootUri(root: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(root)) return root;
  // npm runs a script in the package's directory and says where it was called.
  const path = resolve(process.env['npm_lifecycle_event'] === 'start' ? (process.env['INIT_CWD'] ?? '.') : '.', root);
  if (!existsSync(path))
    throw fail('notFound', `Cannot serve "${path}": it does not exist; a directory or a store such as s3://bucket/prefix wanted`);
  if (!statSync(path).isDirectory()) throw fail('invalidArgument', `Cannot serve "${path}": it is not a directory`);
  return path;
}
