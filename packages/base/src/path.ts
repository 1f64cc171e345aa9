import { fail } from './errors.js';

/** A normalised absolute path of the namespace: `/` or `/a/b`, no empty, `.` or `..` components, no NUL. */
export type NormalPath = string & { readonly __normalPath: true };

export const ROOT_PATH = '/' as NormalPath;

/** Longest component and path, in UTF-8 bytes; as common file systems have it. */
export const MAX_COMPONENT_BYTES = 255;
export const MAX_PATH_BYTES = 4096;
const MAX_SHOWN_LENGTH = 300;
/** What normalising shortens may be longer, within reason. */
const MAX_GIVEN_LENGTH = 64 * 1024;

/**
 * Normalises a path as Alluxio does: scheme and authority dropped, duplicate and trailing `/` removed, `.` and `..`
 * collapsed. Throws `invalidArgument` with Alluxio's text for an empty or relative path, for NUL, and for `..` above the root.
 */
export function normalPath(given: string): NormalPath {
  if (isNormal(given)) return given;
  if (given.length > MAX_GIVEN_LENGTH) throw tooLong(given, `path longer than ${MAX_PATH_BYTES} bytes`);
  const path = stripScheme(given);
  if (path === '' || path[0] !== '/' || path.includes('\0')) throw invalidPath(given);
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (out.length === 0) throw invalidPath(given);
      out.pop();
    } else {
      out.push(part);
    }
  }
  const normal = `/${out.join('/')}`;
  checkLengths(given, normal);
  return normal as NormalPath;
}

/** The fast case: most requests bring a path that is normal already. */
function isNormal(path: string): path is NormalPath {
  const n = path.length;
  if (n === 0 || n > MAX_COMPONENT_BYTES / 3 || path.charCodeAt(0) !== 47) return false;
  if (n === 1) return true;
  let previous = 47;
  for (let i = 1; i < n; i++) {
    const c = path.charCodeAt(i);
    if (c === 0 || (previous === 47 && (c === 47 || c === 46))) return false;
    previous = c;
  }
  return previous !== 47;
}

function stripScheme(path: string): string {
  const match = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]*/.exec(path);
  return match === null ? path : path.slice(match[0].length) || '/';
}

function invalidPath(given: string): Error {
  return fail('invalidArgument', `Path "${shown(given)}" is invalid.`);
}

/** As errors repeat a path: they have to stay short. */
function shown(given: string): string {
  const cut = given.length <= MAX_SHOWN_LENGTH ? given : `${given.slice(0, MAX_SHOWN_LENGTH)}...`;
  return cut.replaceAll('\0', '\\0');
}

const utf8 = new TextEncoder();

function checkLengths(given: string, normal: string): void {
  // Three bytes per UTF-16 unit is the most UTF-8 needs, so short paths are never measured.
  if (normal.length * 3 <= MAX_COMPONENT_BYTES) return;
  if (normal.length * 3 > MAX_PATH_BYTES && utf8.encode(normal).length > MAX_PATH_BYTES)
    throw tooLong(given, `path longer than ${MAX_PATH_BYTES} bytes`);
  for (const part of normal.split('/')) {
    if (part.length * 3 > MAX_COMPONENT_BYTES && utf8.encode(part).length > MAX_COMPONENT_BYTES) {
      throw tooLong(given, `component longer than ${MAX_COMPONENT_BYTES} bytes`);
    }
  }
}

function tooLong(given: string, why: string): Error {
  return fail('invalidArgument', `Path "${shown(given)}" is invalid: ${why}.`);
}

/** `/a/b` -> ['a', 'b']; the root has none. */
export function components(path: NormalPath): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

export function joinPath(parent: NormalPath, name: string): NormalPath {
  return (parent === '/' ? `/${name}` : `${parent}/${name}`) as NormalPath;
}

/** The parent of a path; the root's parent is the root. */
export function parentPath(path: NormalPath): NormalPath {
  const cut = path.lastIndexOf('/');
  return (cut <= 0 ? '/' : path.slice(0, cut)) as NormalPath;
}

/** The last component; '' for the root. */
export function baseName(path: NormalPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: NormalPath, ancestor: NormalPath): boolean {
  return ancestor === '/' || path === ancestor || (path.startsWith(ancestor) && path.charCodeAt(ancestor.length) === 47);
}
