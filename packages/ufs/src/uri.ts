import { fail } from '@alluvium/base';

/** The parts of an under-store URI that choose a connector. */
export type UfsUri =
  | { readonly scheme: 'file'; readonly text: string; readonly path: string }
  | { readonly scheme: 's3'; readonly text: string; readonly bucket: string; readonly prefix: string };

/** Reads `/path`, `file:///path`, `s3://bucket/prefix` (also `s3a`, `s3n`). Throws `invalidArgument` with Alluxio's text for any other scheme. */
export function parseUfsUri(text: string): UfsUri {
  const trimmed = text.replace(/\/+$/, '');
  if (/^\/|^$/.test(trimmed) && text.startsWith('/'))
    return { scheme: 'file', text: trimmed === '' ? '/' : trimmed, path: clean(trimmed, text) };
  const local = /^file:(?:\/\/)?(\/.*|)$/.exec(trimmed);
  if (local !== null && /^file:\/{1,3}/.test(text)) return { scheme: 'file', text: trimmed, path: clean(local[1]!, text) };
  const s3 = /^s3[an]?:\/\/([^/]+)(\/.*|)$/.exec(trimmed);
  if (s3 !== null) return { scheme: 's3', text: trimmed, bucket: s3[1]!, prefix: clean(s3[2]!, text).replace(/^\//, '') };
  throw fail('invalidArgument', `No Under File System Factory found for: ${text}`);
}

function clean(path: string, text: string): string {
  if (path.includes('\0') || path.split('/').some((part) => part === '..' || part === '.'))
    throw fail('invalidArgument', `Cannot use "${text}": . and .. have no place in a store's URI`);
  return path.replace(/\/{2,}/g, '/');
}
