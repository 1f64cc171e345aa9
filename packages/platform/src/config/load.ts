import { fail, messageOf } from '@alluvium/base';
import { Configuration } from './configuration.js';
import type { Source, Sourced } from './configuration.js';
import { environmentName, OptionNames } from './names.js';
import type { Option } from './option.js';
import { parseDefinitions } from './definitions.js';
import { parseProperties } from './properties.js';
import { redacted } from './redact.js';

/** What a configuration is made of, as texts; {@link readConfiguration} fetches them from the machine. */
export interface ConfigurationTexts {
  /** Values of `-Dname=value` arguments. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly siteFile?: { readonly path: string; readonly text: string };
  /** The content of a file that a `..._FILE` variable names; throws when it cannot be read. */
  readonly readFile?: (path: string) => string;
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** One line each, for the log: names that nobody declares. */
  readonly warnings: readonly string[];
}

/** Variables with `-D` definitions, as Alluxio's scripts pass them to its JVMs; later ones win over earlier ones. */
const JAVA_OPTIONS = [
  'ALLUXIO_JAVA_OPTS',
  'ALLUXIO_MASTER_JAVA_OPTS',
  'ALLUXIO_JOB_MASTER_JAVA_OPTS',
  'ALLUXIO_WORKER_JAVA_OPTS',
  'ALLUXIO_JOB_WORKER_JAVA_OPTS',
  'ALLUXIO_PROXY_JAVA_OPTS',
  'ALLUXIO_USER_JAVA_OPTS',
  'ALLUVIUM_OPTS',
];

/**
 * Puts the sources together: flag over environment over site file over default; inside the environment a `-D` of a
 * `..._JAVA_OPTS` variable wins over a variable of the option's own. Every value keeps its source. Throws `invalidArgument`
 * naming source and place when the value of a declared option does not parse.
 */
export function loadConfiguration(options: Iterable<Option<unknown>>, texts: ConfigurationTexts): LoadedConfiguration {
  const names = new OptionNames(options);
  const loader = new Loader(names);
  if (texts.siteFile !== undefined) loader.addSiteFile(texts.siteFile.path, texts.siteFile.text);
  if (texts.environment !== undefined) loader.addEnvironment(texts.environment, texts.readFile);
  for (const [name, value] of Object.entries(texts.flags ?? {})) loader.add(name, value, 'flag', `-D${name}`);
  const configuration = new Configuration(loader.values);
  check(configuration, names, loader.values);
  return { configuration, warnings: loader.warnings() };
}

class Loader {
  readonly values = new Map<string, Sourced>();
  readonly #names: OptionNames;

  constructor(names: OptionNames) {
    this.#names = names;
  }

  add(name: string, value: string, source: Source, detail: string): void {
    this.values.set(name, { value, source, detail });
  }

  addSiteFile(path: string, text: string): void {
    let properties;
    try {
      properties = parseProperties(text);
    } catch (error) {
      throw fail('invalidArgument', `Cannot read "${path}": ${messageOf(error)}`, error);
    }
    for (const { name, value, line } of properties) this.add(name, value, 'site file', `${path}:${line}`);
  }

  addEnvironment(environment: Readonly<Record<string, string | undefined>>, readFile?: (path: string) => string): void {
    for (const option of this.#names.plain()) {
      const variable = environmentName(option.name);
      const value = environment[variable];
      if (value !== undefined) this.add(option.name, value, 'environment', variable);
      const file = option.secret ? environment[`${variable}_FILE`] : undefined;
      // A file that Docker or Kubernetes mounts; editors leave a newline at its end.
      if (file !== undefined && readFile !== undefined)
        this.add(option.name, readFile(file).replace(/\r?\n$/, ''), 'environment', `${variable}_FILE`);
    }
    for (const variable of JAVA_OPTIONS) {
      for (const [name, value] of Object.entries(parseDefinitions(environment[variable] ?? '')))
        this.add(name, value, 'environment', variable);
    }
  }

  warnings(): string[] {
    const out: string[] = [];
    for (const [name, { detail, source }] of this.values) {
      if (!/^(?:alluxio|alluvium)\./.test(name) || this.#names.find(name) !== undefined) continue;
      const like = this.#names.nearest(name);
      out.push(`Unknown property ${name} (${source}, ${detail}) has no effect${like === undefined ? '' : `; did you mean ${like}?`}`);
    }
    return out;
  }
}

function check(configuration: Configuration, names: OptionNames, values: ReadonlyMap<string, Sourced>): void {
  for (const [name, { source, detail }] of values) {
    const option = names.find(name);
    if (option === undefined || option.name !== name) continue;
    try {
      configuration.find(option);
    } catch (error) {
      throw fail('invalidArgument', `${redacted(name, messageOf(error), option)} (${source}, ${detail})`, error);
    }
  }
}
