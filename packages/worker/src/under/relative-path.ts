// A client names the file of the under store in full; what is read or written must lie inside the mount that it names.
import { fail } from '@alluvium/base';

/** The path of `ufsPath` below `root`, as the under-store seam wants it. Throws `invalidArgument` for a path outside. */
export function relativePath(root: string, ufsPath: string): string {
  const base = canonical(root).replace(/\/+$/, '');
  const path = canonical(ufsPath).replace(/\/+$/, '');
  if (path === base) return '';
  if (!path.startsWith(`${base}/`)) throw outside(root, ufsPath);
  const relative = path.slice(base.length + 1).replace(/^\/+/, '');
  if (relative.includes('\0') || relative.split('/').some((part) => part === '..')) throw outside(root, ufsPath);
  return relative;
}

/** Alluxio has local paths with and without a scheme, and two schemes for S3. */
function canonical(uri: string): string {
  return uri.replace(/^file:(?:\/\/)?(?=\/)/, '').replace(/^s3[an]:/, 's3:');
}

function outside(root: string, ufsPath: string): Error {
  return fail('invalidArgument', `Cannot use "${ufsPath}": it lies outside of the mounted "${root}"`);
}
