import { normalPath } from '@alluvium/base';
import type { Cancellable, MountOptions } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { MountPoint } from '../reports.js';
import type { ClientContext } from './context.js';

export async function mount({ master }: ClientContext, path: string, ufsUri: string, options: MountOptions = {}): Promise<void> {
  const { readOnly = false, shared = false, properties = {}, signal } = options;
  const request = {
    alluxioPath: normalPath(path),
    ufsPath: ufsUri,
    options: { readOnly, shared, properties: { ...properties }, commonOptions: COMMON },
  };
  await master.unary(fileMethods.mount, request, signal);
}

export async function unmount({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(fileMethods.unmount, { alluxioPath: normalPath(path), options: {} }, signal);
}

/** In the order of their paths. */
export async function mounts({ master }: ClientContext, { signal }: Cancellable = {}): Promise<MountPoint[]> {
  const { mountPoints = {} } = await master.unary(fileMethods.getMountTable, { checkUfs: true }, signal);
  return Object.entries(mountPoints)
    .map(([path, info]) => ({
      path,
      ufsUri: info.ufsUri ?? '',
      ufsType: info.ufsType ?? '',
      mountId: info.mountId ?? 0n,
      readOnly: info.readOnly ?? false,
      shared: info.shared ?? false,
      ufsCapacityBytes: info.ufsCapacityBytes ?? -1n,
      ufsUsedBytes: info.ufsUsedBytes ?? -1n,
      properties: { ...info.properties },
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
