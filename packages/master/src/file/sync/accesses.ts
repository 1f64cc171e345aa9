// How far each operation syncs before it looks (alluxio 2.9.4): beyond the path itself, what the operation depends on.
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { Access } from './before-operation.js';

interface OfPath {
  readonly path?: string | undefined;
}

/** GetStatus, Exists, CheckAccess. */
export function itself({ path }: OfPath): Access {
  return { paths: [path], descendants: 'NONE' };
}

/** CreateFile, CreateDirectory. */
export function withChildren({ path }: OfPath): Access {
  return { paths: [path], descendants: 'ONE' };
}

/** CheckConsistency. */
export function withAllBelow({ path }: OfPath): Access {
  return { paths: [path], descendants: 'ALL' };
}

export function ofListing({ path, options }: OfPath & { readonly options?: fs.ListStatusPOptions | undefined }): Access {
  return { paths: [path], descendants: options?.recursive === true ? 'ALL' : 'ONE' };
}

/** Nothing when the store is not touched. */
export function ofRemoval({ path, options }: fs.DeletePRequest): Access | undefined {
  if (options?.alluxioOnly === true) return undefined;
  return { paths: [path], descendants: options?.recursive === true ? 'ALL' : 'ONE' };
}

export function ofRename({ path, dstPath }: fs.RenamePRequest): Access {
  return { paths: [path, dstPath], descendants: 'ONE' };
}

export function ofMount({ alluxioPath }: fs.MountPRequest): Access {
  return { paths: [alluxioPath], descendants: 'ONE' };
}

export function ofAttributes({ path, options }: fs.SetAttributePRequest): Access {
  return { paths: [path], descendants: options?.recursive === true || options?.pinned !== undefined ? 'ALL' : 'ONE' };
}

export function ofAcl({ path, options }: fs.SetAclPRequest): Access {
  return { paths: [path], descendants: options?.recursive === true ? 'ALL' : 'ONE' };
}
