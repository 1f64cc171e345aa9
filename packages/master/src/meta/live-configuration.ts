import type { NormalPath } from '@alluvium/base';
import type { Configuration, Option } from '@alluvium/platform';
import type { common } from '@alluvium/wire';
import { syncInterval } from '../options.js';
import type { PathProperties } from './path-properties.js';

/** An option that may be changed while the master runs. */
export interface DynamicOption {
  readonly option: Option<unknown>;
  /** Told the new value; for who does not ask again whenever the option matters. */
  readonly changed?: (text: string) => void;
}

/** What `updateConf` may change in every master: the options that are asked for again whenever they matter. */
export const DYNAMIC_OPTIONS: readonly DynamicOption[] = [{ option: syncInterval }];

/** The configuration of this master with what was changed since it started; a restart forgets the changes. */
export class LiveConfiguration {
  readonly #configuration: Configuration;
  readonly #dynamic: ReadonlyMap<string, DynamicOption>;
  readonly #properties: readonly common.ConfigProperty[];
  readonly #updated = new Map<string, string>();
  readonly #listeners: (() => void)[] = [];
  #shown: readonly common.ConfigProperty[];

  /** `properties`: what clients are told of the configuration. */
  constructor(configuration: Configuration, dynamic: readonly DynamicOption[], properties: readonly common.ConfigProperty[] = []) {
    this.#configuration = configuration;
    this.#dynamic = new Map(dynamic.map((one) => [one.option.name, one]));
    this.#properties = properties;
    this.#shown = properties;
  }

  get<T>(option: Option<T>): T {
    const text = this.#updated.get(option.name);
    return text === undefined ? this.#configuration.get(option) : option.parse(text);
  }

  isUpdated(option: Option<unknown>): boolean {
    return this.#updated.has(option.name);
  }

  /** `listener` is told after each change, for as long as the master runs. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What clients are told: the same array until something has changed. */
  get properties(): readonly common.ConfigProperty[] {
    return this.#shown;
  }

  /** Changes what may be changed; answers for each name whether it was. */
  update(values: Readonly<Record<string, string>>): Record<string, boolean> {
    const done = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, this.#updateOne(name, text)]));
    this.#shown = [
      ...this.#properties.filter(({ name }) => !this.#updated.has(name ?? '')),
      ...[...this.#updated].filter(([name]) => name.startsWith('alluxio.')).map(([name, value]) => ({ name, value, source: 'RUNTIME' })),
    ];
    for (const listener of this.#listeners) listener();
    return done;
  }

  #updateOne(name: string, text: string): boolean {
    const dynamic = this.#dynamic.get(name);
    if (dynamic === undefined) return false;
    try {
      dynamic.option.parse(text);
    } catch {
      return false;
    }
    this.#updated.set(name, text);
    dynamic.changed?.(text);
    return true;
  }
}

interface Settings {
  readonly live: LiveConfiguration;
  readonly pathProperties: PathProperties;
}

/** An option as it is for one path. A path's value that does not parse (another master accepted it) is passed over. */
export function settingAt<T>({ live, pathProperties }: Settings, path: NormalPath, option: Option<T>): T {
  const text = pathProperties.valueAt(path, option.name);
  if (text !== undefined) {
    try {
      return option.parse(text);
    } catch {
      return live.get(option);
    }
  }
  return live.get(option);
}
