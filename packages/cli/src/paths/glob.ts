// Wildcards are expanded here, component by component, by listing the directories that hold them.
import { components, fail, joinPath, kindOf, ROOT_PATH } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';

/** Paths that one pattern may stand for at most. */
const MAX_MATCHES = 100_000;

/** Whether a path holds `*`, `?` or `[` without a backslash before it. */
export function hasWildcard(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

/** `a\*b` -> `a*b` */
export function unescapeWildcards(text: string): string {
  return text.replace(/\\([*?[\]\\])/g, '$1');
}

/** A path as a pattern that stands for it alone. */
export function escapeWildcards(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** A pattern for one component: `*` any text, `?` any character, `[a-c]` and `[!a-c]` one of a set, `\` takes the next one as it is. */
export function componentPattern(component: string): RegExp {
  let source = '';
  for (let at = 0; at < component.length; at++) {
    const character = component[at]!;
    const set = character === '[' ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(component.slice(at)) : null;
    if (set !== null) {
      source += `[${set[1] === '' ? '' : '^'}${set[2]!.replace(/[\\\][^]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else if (character === '*') {
      source += '.*';
    } else if (character === '?') {
      source += '.';
    } else {
      const literal = character === '\\' && at + 1 < component.length ? component[++at]! : character;
      source += literal.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    }
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch (error) {
    throw fail('invalidArgument', `Cannot read "${component}" as a pattern: a set in brackets is not in order; [a-z] wanted`, error);
  }
}

/**
 * The paths that a pattern stands for, by name. A path without wildcards stands for itself, whether it is there or not.
 * Throws `notFound` when nothing matches.
 */
export async function expandPath(fileSystem: FileSystem, pattern: NormalPath, signal: AbortSignal): Promise<readonly NormalPath[]> {
  if (!hasWildcard(pattern)) return [unescapeWildcards(pattern) as NormalPath];
  let found: Match[] = [{ path: ROOT_PATH, folder: true }];
  for (const component of components(pattern)) {
    found = hasWildcard(component)
      ? await childrenThatMatch(fileSystem, found, componentPattern(component), signal)
      : found.map(({ path }) => ({ path: joinPath(path, unescapeWildcards(component)), folder: undefined }));
    if (found.length > MAX_MATCHES)
      throw fail('resourceExhausted', `Cannot expand "${pattern}": more than ${MAX_MATCHES} paths match; a narrower pattern wanted`);
  }
  const present: NormalPath[] = [];
  for (const { path, folder } of found) if (folder !== undefined || (await fileSystem.exists(path, { signal }))) present.push(path);
  if (present.length === 0) throw fail('notFound', `Path "${pattern}" does not exist.`);
  return present;
}

interface Match {
  readonly path: NormalPath;
  /** Undefined: nobody has looked yet whether it is there. */
  readonly folder: boolean | undefined;
}

async function childrenThatMatch(
  fileSystem: FileSystem,
  parents: readonly Match[],
  pattern: RegExp,
  signal: AbortSignal,
): Promise<Match[]> {
  const out: Match[] = [];
  for (const { path, folder } of parents) {
    if (!(folder ?? (await isDirectory(fileSystem, path, signal)))) continue;
    const children: { name: string; folder: boolean }[] = [];
    for await (const child of fileSystem.list(path, { signal }))
      if (pattern.test(child.name)) children.push({ name: child.name, folder: child.folder });
    children.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const child of children) out.push({ path: joinPath(path, child.name), folder: child.folder });
  }
  return out;
}

async function isDirectory(fileSystem: FileSystem, path: NormalPath, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fileSystem.status(path, { signal })).folder;
  } catch (error) {
    if (kindOf(error) === 'notFound') return false;
    throw error;
  }
}
