// Configuration that an operator changes while the cluster runs: of paths, of the master, and what it may do with a store.
import { fail, normalPath } from '@alluvium/base';
import { fileSystemMaster } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { configurationMethods, fileMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { UfsMode } from './configuration-admin.js';

export async function setUfsMode({ master }: ClientContext, ufsUri: string, mode: UfsMode, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(fileMethods.updateUfsMode, { ufsPath: ufsUri, options: { ufsMode: fileSystemMaster.UfsPMode[mode] } }, signal);
}

/** Properties by path. */
export async function getPathProperties(
  { master }: ClientContext,
  { signal }: Cancellable = {},
): Promise<Map<string, ReadonlyMap<string, string>>> {
  const { pathConfigs = {} } = await master.unary(
    configurationMethods.getConfiguration,
    { ignoreClusterConf: true, rawValue: true },
    signal,
  );
  return new Map(
    Object.entries(pathConfigs).map(([path, { properties = [] }]) => [
      path,
      new Map(properties.map(({ name = '', value = '' }) => [name, value])),
    ]),
  );
}

export async function setPathProperties(
  { master }: ClientContext,
  path: string,
  properties: Readonly<Record<string, string>>,
  { signal }: Cancellable = {},
): Promise<void> {
  await master.unary(configurationMethods.setPathConfiguration, { path: normalPath(path), properties: { ...properties } }, signal);
}

export async function removePathProperties(
  { master }: ClientContext,
  path: string,
  names: readonly string[],
  { signal }: Cancellable = {},
): Promise<void> {
  await master.unary(configurationMethods.removePathConfiguration, { path: normalPath(path), keys: [...names] }, signal);
}

/** Answers for each name whether it was changed. */
export async function updateConfiguration(
  { master }: ClientContext,
  properties: Readonly<Record<string, string>>,
  { signal }: Cancellable = {},
): Promise<ReadonlyMap<string, boolean>> {
  const { status = {} } = await master.unary(configurationMethods.updateConfiguration, { properties: { ...properties } }, signal);
  if (Object.keys(properties).some((name) => status[name] === undefined))
    throw fail('internal', 'Cannot tell what was changed: the master did not answer for every property');
  return new Map(Object.entries(status));
}
