import type { Configuration, Source } from './configuration.js';
import { OptionNames } from './names.js';
import type { Option } from './option.js';
import { redacted } from './redact.js';

export interface ListedOption {
  readonly name: string;
  /** As it takes effect; a secret is starred out. Undefined when there is neither value nor default. */
  readonly value: string | undefined;
  readonly source: Source;
  /** File and line, or variable. */
  readonly detail: string | undefined;
}

/** Every declared option with the value in effect, and whatever else was set, by name. Safe to show. */
export function listConfiguration(configuration: Configuration, options: Iterable<Option<unknown>>): ListedOption[] {
  const names = new OptionNames(options);
  const out = new Map<string, ListedOption>();
  for (const option of names.plain()) {
    const value = configuration.text(option);
    const from = configuration.source(option);
    out.set(option.name, {
      name: option.name,
      value: value === undefined ? undefined : redacted(option.name, value, option),
      source: from?.source ?? 'default',
      detail: from?.detail,
    });
  }
  for (const [name, { value, source, detail }] of configuration.entries()) {
    if (!out.has(name)) out.set(name, { name, value: redacted(name, value, names.find(name)), source, detail });
  }
  return [...out.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
