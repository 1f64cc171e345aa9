// What the header of each file says of its format, for ever: a version, which stands for the layout, and sixteen flags, each of which
// stands for a feature that the file makes use of. A file may only be read by those who know its version and all of its flags: what
// is behind a feature that is not known could be lost without anybody's notice. A new feature that older versions could not cope with
// takes a free bit, and only files that make use of it carry it.
import { fail } from '@alluvium/base';

export interface KnownFormat {
  /** As people call the file: `journal segment`. */
  readonly what: string;
  readonly versions: readonly number[];
  /** Flags that have a meaning, as bits. */
  readonly flags: number;
}

/** Throws `failedPrecondition`, with what to do, unless version and flags of the file are known. */
export function requireKnownFormat(known: KnownFormat, file: string, version: number, flags: number): void {
  const strange = bitsOf(flags & ~known.flags);
  if (known.versions.includes(version) && strange.length === 0) return;
  const made = strange.length === 0 ? `format ${version}` : `format ${version}, flags ${strange.join(', ')}`;
  throw fail(
    'failedPrecondition',
    `Cannot read ${known.what} "${file}": it has ${made}, which this version of Alluvium does not know (format ${known.versions.join(', ')}${known.flags === 0 ? '' : `, flags ${bitsOf(known.flags).join(', ')}`}); nothing was changed. ` +
      'A later version wrote it: start the version of Alluvium that wrote it, or a later one. To go back to this version, move the journal directory away and start from a backup that it can read',
  );
}

/** Flags by number, from 0. */
function bitsOf(flags: number): number[] {
  return Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => (flags & (1 << bit)) !== 0);
}
