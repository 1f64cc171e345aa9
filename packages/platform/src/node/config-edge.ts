import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fail } from '@alluvium/base';
import { loadConfiguration } from '../config/load.js';
import type { LoadedConfiguration } from '../config/load.js';
import type { Option } from '../config/option.js';
import { diskError, errnoOf } from './disk-errors.js';

export interface ConfigurationSources {
  /** Values of `-D` arguments, as `takeDefinitions` finds them. */
  readonly flags?: Readonly<Record<string, string>>;
  /** The environment; that of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The site file. When absent it is looked for in `ALLUVIUM_CONF_DIR`, `ALLUXIO_CONF_DIR`, `~/.alluxio` and `/etc/alluxio`; the first one found counts. */
  readonly siteFile?: string;
}

export const SITE_FILE_NAME = 'alluxio-site.properties';

/** No property file or secret is larger. */
const MAX_FILE_BYTES = 4 * 2 ** 20;

/** The configuration of this process. Throws `invalidArgument` for values that do not parse, and what {@link diskError} makes of a file that cannot be read. */
export function readConfiguration(options: Iterable<Option<unknown>>, sources: ConfigurationSources = {}): LoadedConfiguration {
  const environment = sources.environment ?? process.env;
  const siteFile =
    sources.siteFile === undefined ? findSiteFile(environment) : { path: sources.siteFile, text: readText(sources.siteFile) };
  return loadConfiguration(options, {
    flags: sources.flags ?? {},
    environment,
    ...(siteFile !== undefined && { siteFile }),
    readFile: readText,
  });
}

function findSiteFile(environment: Readonly<Record<string, string | undefined>>): { path: string; text: string } | undefined {
  const directories = [environment['ALLUVIUM_CONF_DIR'], environment['ALLUXIO_CONF_DIR'], `${homedir()}/.alluxio`, '/etc/alluxio'];
  for (const directory of directories) {
    if (directory === undefined || directory === '') continue;
    const path = `${directory}/${SITE_FILE_NAME}`;
    try {
      return { path, text: readText(path) };
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return undefined;
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error ? errnoOf(error.cause) : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function readText(path: string): string {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw diskError('read', path, error);
  }
  if (bytes.length > MAX_FILE_BYTES)
    throw fail('invalidArgument', `Cannot read "${path}": it has ${bytes.length} bytes; at most ${MAX_FILE_BYTES} wanted`);
  return bytes.toString('utf8');
}
