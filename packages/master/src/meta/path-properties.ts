import { createHash } from 'node:crypto';
import { ROOT_PATH, fail, parentPath, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { isSecretName } from '@alluvium/platform';
import { syncInterval } from '../options.js';
import { checkPolicyProperty } from '../cache/policy-properties.js';
import { CLIENT_PROPERTIES } from './client-properties.js';

/** All of it is sent to each client that connects. */
const MAX_CHARACTERS = 1024 * 1024;

/** MD5 of nothing: what a 2.9.4 master answers while no path has properties. */
const EMPTY_HASH = 'd41d8cd98f00b204e9800998ecf8427e';

type Properties = ReadonlyMap<string, string>;

/**
 * Client properties that differ from path to path: for each property the longest path counts that sets it. Changes only through
 * path_properties and remove_path_properties entries.
 */
export class PathProperties {
  readonly #byPath = new Map<NormalPath, Properties>();
  readonly #listeners: (() => void)[] = [];
  #hash: string | undefined;

  /** What a property is at a path; undefined when no path above it says so. */
  valueAt(path: NormalPath, name: string): string | undefined {
    if (this.#byPath.size === 0) return undefined;
    for (let at = path; ; at = parentPath(at)) {
      const value = this.#byPath.get(at)?.get(name);
      if (value !== undefined || at === ROOT_PATH) return value;
    }
  }

  /** Whether a property is set for any path. */
  has(name: string): boolean {
    for (const properties of this.#byPath.values()) if (properties.has(name)) return true;
    return false;
  }

  /** `listener` is told after each change, for as long as the master runs. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  all(): IterableIterator<[NormalPath, Properties]> {
    return this.#byPath.entries();
  }

  /** 32 hex characters, opaque to clients, who load all again when it changes. */
  get hash(): string {
    this.#hash ??= this.#byPath.size === 0 ? EMPTY_HASH : hashOf(this.#byPath);
    return this.#hash;
  }

  /** Sets some properties of a path; the others of that path stay. Throws for what is no property of a client. */
  planSet(path: NormalPath, properties: Readonly<Record<string, string>>): JournalEntry[] {
    for (const name of Object.keys(properties)) {
      if (checkPolicyProperty(name, properties[name]!)) continue;
      // This goes to everybody who asks, without authentication.
      if (!CLIENT_PROPERTIES.has(name) || isSecretName(name)) throw fail('internal', `Invalid property key ${name}`);
      // The only one of Alluxio's that this master reads itself.
      if (name === syncInterval.name) syncInterval.parse(properties[name]!);
    }
    const before = this.#byPath.get(path) ?? new Map<string, string>();
    const after = new Map([...before, ...Object.entries(properties)]);
    if (same(before, after)) return [];
    const size = this.#characters() - charactersOf(path, before) + charactersOf(path, after);
    if (size > MAX_CHARACTERS)
      throw fail('resourceExhausted', `Cannot configure "${path}": ${size} characters for all paths; at most ${MAX_CHARACTERS} wanted`);
    return [{ pathProperties: { path, properties: Object.fromEntries(after) } }];
  }

  /** Takes properties from a path, all of them when none is named. What is not there is no error. */
  planRemove(path: NormalPath, names: readonly string[]): JournalEntry[] {
    const before = this.#byPath.get(path);
    if (before === undefined) return [];
    const after = new Map(names.length === 0 ? [] : [...before].filter(([name]) => !names.includes(name)));
    if (after.size === before.size) return [];
    if (after.size === 0) return [{ removePathProperties: { path } }];
    return [{ pathProperties: { path, properties: Object.fromEntries(after) } }];
  }

  apply(entry: JournalEntry): boolean {
    const { pathProperties, removePathProperties } = entry;
    if (pathProperties !== undefined)
      this.#byPath.set(pathOf(pathProperties.path), new Map(Object.entries(pathProperties.properties ?? {})));
    else if (removePathProperties !== undefined) this.#byPath.delete(pathOf(removePathProperties.path));
    else return false;
    this.#hash = undefined;
    for (const listener of this.#listeners) listener();
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    return [...this.#byPath]
      .map(([path, properties]): JournalEntry => ({ pathProperties: { path, properties: Object.fromEntries(properties) } }))
      .values();
  }

  #characters(): number {
    let sum = 0;
    for (const [path, properties] of this.#byPath) sum += charactersOf(path, properties);
    return sum;
  }
}

/** As it stands: a journal of Alluxio's may hold paths that were never normalised, and none of them is an error. */
function pathOf(path: string | undefined): NormalPath {
  return (path ?? '') as NormalPath;
}

function same(a: Properties, b: Properties): boolean {
  return a.size === b.size && [...b].every(([name, value]) => a.get(name) === value);
}

function charactersOf(path: NormalPath, properties: Properties): number {
  let sum = path.length;
  for (const [name, value] of properties) sum += name.length + value.length;
  return sum;
}

function hashOf(byPath: ReadonlyMap<NormalPath, Properties>): string {
  const lines: string[] = [];
  for (const [path, properties] of byPath) for (const [name, value] of properties) lines.push(`${path}\n${name}=${value}`);
  return createHash('md5').update(lines.sort().join('\n')).digest('hex');
}
