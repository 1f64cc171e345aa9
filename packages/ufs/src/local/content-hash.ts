/** The content hash of Alluxio's local store, as it stands in fingerprints and in the reply to a write. */
export function contentHashOf(stats: { readonly size: number; readonly mtimeMs: number }): string {
  return `(len:${stats.size}, modtime:${Math.floor(stats.mtimeMs)})`;
}
