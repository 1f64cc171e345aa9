/** The content hash of Alluxio's local store, as it stands in fingerprints and in the reply to a write. */
export function contentHashOf(stats: { readonly size: number; readonly mtimeMs: number }): string {
  return `(len:${stats.size}, modtime:${Math.floor(stats.mtimeMs)})`;
}

const VERSION = 'inode:';

/**
 * Tells also files apart that were given the length and time of change of the one they replaced: a new file has another number, and
 * nobody can set when a file was changed last.
 */
export function versionOf(stats: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): string {
  return `${VERSION}${stats.ino},len:${stats.size},modtime:${stats.mtimeMs},change:${stats.ctimeMs}`;
}

export function isVersion(tag: string): boolean {
  return tag.startsWith(VERSION);
}
