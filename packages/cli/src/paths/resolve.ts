import { normalPath } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import { UsageError } from '../exit-code.js';

/** What a typed path of the cluster says. */
export interface ClusterPath {
  readonly path: NormalPath;
  /** `host:port` of `alluxio://host:port/a`. */
  readonly master: string | undefined;
}

/** Reads `/a/b`, `alluxio:///a/b`, `alluxio://host:19998/a/b`; `alluvium://` means the same. Throws {@link UsageError} for anything else. */
export function parseClusterPath(text: string): ClusterPath {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/]*)(.*)$/s.exec(text);
  if (match === null) {
    if (!text.startsWith('/')) throw new UsageError(`"${text}" is no path of the cluster; it begins with /`);
    return { path: normalPath(text), master: undefined };
  }
  const [, scheme, authority, rest] = match;
  if (!/^(?:alluxio|alluvium)$/i.test(scheme!)) throw new UsageError(`"${text}" is no path of the cluster; it begins with / or alluxio://`);
  return { path: normalPath(rest === '' ? '/' : rest!), master: authority === '' ? undefined : authority! };
}
