import { kindOf, normalPath } from '@alluvium/base';
import type { Cancellable, MountOptions } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods, namespaceMethods } from '../master/services.js';
import type { MountPoint } from '../reports.js';
import type { ClientContext } from './context.js';

export async function mount({ master }: ClientContext, path: string, ufsUri: string, options: MountOptions = {}): Promise<void> {
  const request = { alluxioPath: normalPath(path), ufsPath: ufsUri, options: mountMessage(options) };
  await master.unary(fileMethods.mount, request, options.signal);
}

export async function updateMount({ master }: ClientContext, path: string, options: MountOptions = {}): Promise<void> {
  await master.unary(fileMethods.updateMount, { alluxioPath: normalPath(path), options: mountMessage(options) }, options.signal);
}

function mountMessage({ readOnly = false, shared = false, properties = {} }: MountOptions) {
  return { readOnly, shared, properties: { ...properties }, commonOptions: COMMON };
}

export async function unmount({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(fileMethods.unmount, { alluxioPath: normalPath(path), options: {} }, signal);
}

export async function reverseResolve({ master }: ClientContext, ufsUri: string, { signal }: Cancellable = {}): Promise<string> {
  return (await master.unary(fileMethods.reverseResolve, { ufsUri }, signal)).alluxioPath ?? '';
}

/** In the order of their paths. */
export async function mounts(context: ClientContext, { signal }: Cancellable = {}): Promise<MountPoint[]> {
  const [{ mountPoints = {} }, modes] = await Promise.all([
    context.master.unary(fileMethods.getMountTable, { checkUfs: true }, signal),
    modesOf(context, signal),
  ]);
  return Object.entries(mountPoints)
    .map(([path, info]) => ({
      path,
      ufsUri: info.ufsUri ?? '',
      ufsType: info.ufsType ?? '',
      mountId: info.mountId ?? 0n,
      readOnly: info.readOnly ?? false,
      shared: info.shared ?? false,
      ufsMode: modes === undefined ? undefined : (modes.get(rootOf(info.ufsUri ?? '')) ?? 'READ_WRITE'),
      ufsCapacityBytes: info.ufsCapacityBytes ?? -1n,
      ufsUsedBytes: info.ufsUsedBytes ?? -1n,
      properties: { ...info.properties },
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Undefined for a master that does not tell them. */
async function modesOf({ master }: ClientContext, signal: AbortSignal | undefined): Promise<Map<string, string> | undefined> {
  try {
    const { modes = [] } = await master.unary(namespaceMethods.listUfsModes, {}, signal);
    return new Map(modes.map(({ ufsRoot = '', mode = '' }) => [ufsRoot, mode]));
  } catch (error) {
    if (kindOf(error) === 'unimplemented') return undefined;
    throw error;
  }
}

/** Scheme and authority, `/` for local paths: what a mode is said of. */
function rootOf(ufsUri: string): string {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]*)/.exec(ufsUri);
  return match === null || match[1] === 'file://' ? '/' : `${match[1]}/`;
}
