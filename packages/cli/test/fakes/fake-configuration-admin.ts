import { fail } from '@alluvium/base';
import type { ConfigurationAdmin, UfsMode } from '@alluvium/client';

/** Configuration in memory; properties that begin with `alluxio.user.` or `alluvium.cache.` are those of paths. */
export class FakeConfigurationAdmin implements ConfigurationAdmin {
  readonly modes = new Map<string, UfsMode>();
  readonly propertiesByPath = new Map<string, Map<string, string>>();
  readonly dynamic = new Map<string, string>();

  async setUfsMode(ufsUri: string, mode: UfsMode): Promise<void> {
    this.modes.set(ufsUri, mode);
  }

  async pathProperties(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return this.propertiesByPath;
  }

  async setPathProperties(path: string, properties: Readonly<Record<string, string>>): Promise<void> {
    for (const name of Object.keys(properties))
      if (!/^(alluxio\.user|alluvium\.cache)\./.test(name)) throw fail('internal', `Invalid property key ${name}`);
    this.propertiesByPath.set(path, new Map([...(this.propertiesByPath.get(path) ?? []), ...Object.entries(properties)]));
  }

  async removePathProperties(path: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) this.propertiesByPath.delete(path);
    for (const name of names) this.propertiesByPath.get(path)?.delete(name);
  }

  async updateConfiguration(properties: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, boolean>> {
    return new Map(
      Object.entries(properties).map(([name, value]) => {
        if (this.dynamic.has(name)) this.dynamic.set(name, value);
        return [name, this.dynamic.has(name)];
      }),
    );
  }
}
