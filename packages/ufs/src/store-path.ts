import { fail } from '@alluvium/base';

/** Throws `invalidArgument` for a path that a store must never see: NUL, `.`, `..`, and slashes that enclose nothing. */
export function checkStorePath(path: string): void {
  if (path === '') return;
  if (path.includes('\0') || path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw fail('invalidArgument', `Path "${path.replaceAll('\0', '\\0')}" is invalid.`);
}

/** Throws `invalidArgument` for the root, which nobody may create, remove or rename, and for a move of a directory into itself. */
export function checkChange(uri: string, action: string, path: string, to?: string): void {
  checkStorePath(path);
  if (to !== undefined) checkStorePath(to);
  if (path === '' || to === '') throw fail('invalidArgument', `Cannot ${action} "${uri}": it is the root of a store`);
  if (to?.startsWith(`${path}/`) === true)
    throw fail('invalidArgument', `Cannot ${action} "${uri}/${path}" to "${uri}/${to}": it lies inside`);
}
