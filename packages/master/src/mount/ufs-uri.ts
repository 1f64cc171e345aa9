/** Drops trailing slashes; `/` and `file:///` become '' and `file://`, which are prefixes of every path below. */
export function normalUfsUri(uri: string): string {
  let end = uri.length;
  while (end > 0 && uri.charCodeAt(end - 1) === 47) end--;
  const cut = uri.slice(0, end);
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:$/.test(cut) ? `${cut}//` : cut;
}

/** One spelling for comparisons: local paths without `file://`. */
function comparable(uri: string): string {
  const normal = normalUfsUri(uri);
  return normal.startsWith('file://') ? normal.slice('file://'.length) : normal;
}

/** The part of `uri` below `ancestor` (no leading `/`), '' when they are the same; undefined when it is not below. */
export function relativeUfsUri(uri: string, ancestor: string): string | undefined {
  const below = comparable(uri);
  const above = comparable(ancestor);
  if (below === above) return '';
  return below.startsWith(`${above}/`) ? below.slice(above.length + 1) : undefined;
}

/** The store that an address is in, as modes name it: `s3://bucket/`, `/` for every local path. */
export function ufsRoot(uri: string): string {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]*)/.exec(uri);
  return match === null || match[1] === 'file://' ? '/' : `${match[1]}/`;
}
