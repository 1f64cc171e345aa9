import { existsSync } from 'node:fs';
import { readConfiguration, type LoadedConfiguration, type Option } from '@alluvium/platform';
import type { Home } from './home.js';

/**
 * The values of `options`, with the site file of the home where it has one. `definitions` are the `-D` arguments. Throws
 * `invalidArgument` for what cannot be used.
 */
export function homeConfiguration(
  options: Iterable<Option<unknown>>,
  home: Home,
  definitions: Readonly<Record<string, string>>,
): LoadedConfiguration {
  return readConfiguration(options, { flags: definitions, ...(existsSync(home.siteFile) && { siteFile: home.siteFile }) });
}
