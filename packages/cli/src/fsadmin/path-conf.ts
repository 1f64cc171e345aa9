import { isWithin, normalPath, type NormalPath } from '@alluvium/base';
import type { Session } from '../session.js';

type ByPath = ReadonlyMap<string, ReadonlyMap<string, string>>;

export async function listPathConf(session: Session): Promise<void> {
  const paths = [...(await all(session)).keys()].sort();
  if (session.json) return session.printJson(paths);
  for (const path of paths) await session.print(path);
}

export async function showPathConf(session: Session, [text]: readonly [string], options: { readonly all?: boolean }): Promise<void> {
  const path = session.path(text);
  const byPath = await all(session);
  const shown = options.all === true ? effective(byPath, path) : (byPath.get(path) ?? new Map<string, string>());
  const properties = [...shown].sort(([a], [b]) => (a < b ? -1 : 1));
  if (session.json) return session.printJson(Object.fromEntries(properties));
  for (const [name, value] of properties) await session.print(`${name}=${value}`);
}

export async function addPathConf(
  session: Session,
  [text]: readonly [string],
  options: { readonly property: Readonly<Record<string, string>> },
): Promise<void> {
  const path = session.path(text);
  await (await session.fileSystem()).admin.setPathProperties(path, options.property, { signal: session.signal });
}

export async function removePathConf(
  session: Session,
  [text]: readonly [string],
  options: { readonly keys?: readonly string[] },
): Promise<void> {
  const path = session.path(text);
  await (await session.fileSystem()).admin.removePathProperties(path, options.keys ?? [], { signal: session.signal });
}

async function all(session: Session): Promise<ByPath> {
  return (await session.fileSystem()).admin.pathProperties({ signal: session.signal });
}

/** The longest path that sets a property counts. */
function effective(byPath: ByPath, path: NormalPath): Map<string, string> {
  const above = [...byPath].filter(([prefix]) => prefix.startsWith('/') && isWithin(path, normalPath(prefix)));
  above.sort(([a], [b]) => a.length - b.length);
  return new Map(above.flatMap(([, properties]) => [...properties]));
}
