/** The folder in which a store keeps files on their way in, as Alluxio names it; never shown. */
export const PERSISTENCE_FOLDER = '.alluxio_ufs_persistence';

/** The hidden name of a file that is being written. */
export function temporaryName(name: string, unique: string): string {
  // At most 160 bytes of the name: with the rest it fits into the 255 of a file name.
  return `.${[...name].slice(0, 40).join('')}.alluvium.${unique}.tmp`;
}

/** Names that no listing shows: ours, and those of Alluxio (`NAME.alluxio.0x0123456789ABCDEF.tmp`). */
export function isTemporaryName(name: string): boolean {
  return (
    name === PERSISTENCE_FOLDER || /^\..*\.alluvium\.[0-9a-f-]{36}\.tmp$/.test(name) || /\.alluxio\.0x[0-9A-Fa-f]{16}\.tmp$/.test(name)
  );
}
