/** The folder in which a store keeps files on their way in, as Alluxio names it; never shown. */
export const PERSISTENCE_FOLDER = '.alluxio_ufs_persistence';

/** Where a local store keeps files that are being written, at its root; neither shown nor served. */
export const TEMPORARY_FOLDER = '.alluvium_temporary';

/** Whether a path is, or lies in, such a folder; of this store or of one inside it. */
export function isInTemporaryFolder(path: string): boolean {
  return path.includes(TEMPORARY_FOLDER) && path.split('/').includes(TEMPORARY_FOLDER);
}

/** The hidden name of a file that is being written. */
export function temporaryName(name: string, unique: string): string {
  // At most 160 bytes of the name: with the rest it fits into the 255 of a file name.
  return `.${[...name].slice(0, 40).join('')}.alluvium.${unique}.tmp`;
}

/** Names that no listing shows: ours, and those of Alluxio (`NAME.alluxio.0x0123456789ABCDEF.tmp`). */
export function isTemporaryName(name: string): boolean {
  return (
    name === PERSISTENCE_FOLDER ||
    name === TEMPORARY_FOLDER ||
    /^\..*\.alluvium\.[0-9a-f-]{36}\.tmp$/.test(name) ||
    /\.alluxio\.0x[0-9A-Fa-f]{16}\.tmp$/.test(name)
  );
}
