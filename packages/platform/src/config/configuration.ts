import { fail } from '@alluvium/base';
import type { Option } from './option.js';

/** Where a value came from, most binding first. */
export type Source = 'flag' | 'environment' | 'site file' | 'cluster' | 'default';

export interface Sourced {
  readonly value: string;
  readonly source: Source;
  /** The file or variable, for people. */
  readonly detail?: string;
}

/** Values by property name with their sources; the text is parsed by the option that asks. */
export class Configuration {
  readonly #values: ReadonlyMap<string, Sourced>;

  constructor(values: ReadonlyMap<string, Sourced> = new Map()) {
    this.#values = values;
  }

  /** A configuration of plain values, for tests and embedding. */
  static of(values: Readonly<Record<string, string>>): Configuration {
    return new Configuration(new Map(Object.entries(values).map(([name, value]) => [name, { value, source: 'flag' }])));
  }

  /** The value of an option. Throws `invalidArgument` when the text does not parse, or when there is neither value nor default. */
  get<T>(option: Option<T>): T {
    const value = this.find(option);
    if (value === undefined) throw fail('invalidArgument', `Cannot start: ${option.name} is not set; ${option.doc}`);
    return value;
  }

  /** The value of an option, or undefined when it has neither value nor default. */
  find<T>(option: Option<T>): T | undefined {
    const text = this.text(option);
    return text === undefined ? undefined : option.parse(text);
  }

  text(option: Option<unknown>): string | undefined {
    const raw = this.#values.get(option.name)?.value ?? option.defaultText;
    return raw === undefined ? undefined : this.#substitute(raw, 0);
  }

  source(option: Option<unknown>): Sourced | undefined {
    const set = this.#values.get(option.name);
    if (set !== undefined) return set;
    return option.defaultText === undefined ? undefined : { value: option.defaultText, source: 'default' };
  }

  /** Everything that was set, defaults left out. */
  entries(): IterableIterator<[string, Sourced]> {
    return this.#values.entries();
  }

  /** This configuration with some values on top. */
  with(values: Readonly<Record<string, string>>, source: Source = 'flag'): Configuration {
    const merged = new Map(this.#values);
    for (const [name, value] of Object.entries(values)) merged.set(name, { value, source });
    return new Configuration(merged);
  }

  #substitute(text: string, depth: number): string {
    if (depth > 10) throw fail('invalidArgument', `Cannot resolve "${text}": references go round in a circle`);
    return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
      const value = this.#values.get(name)?.value;
      return value === undefined ? whole : this.#substitute(value, depth + 1);
    });
  }
}
