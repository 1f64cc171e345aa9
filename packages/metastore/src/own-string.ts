const MAX_BYTES = 1024;
const scratch = Buffer.allocUnsafeSlow(MAX_BYTES);

/**
 * A copy with characters of its own. A part that was cut out of a longer string keeps all of that in memory, and is slow to compare.
 */
export function ownString(text: string): string {
  if (text.length * 3 > MAX_BYTES) return Buffer.from(text, 'utf16le').toString('utf16le');
  // As many bytes as characters: all of them are ASCII.
  if (scratch.write(text, 0, 'utf8') === text.length) return scratch.toString('latin1', 0, text.length);
  return scratch.toString('utf16le', 0, scratch.write(text, 0, 'utf16le'));
}

/** Strings that are met again and again; when there are more, those in use become known anew. */
const MAX_SHARED = 10_000;
const shared = new Map<string, string>();

/** The one copy of a string that many inodes have: an owner, a group. */
export function sharedString(text: string): string {
  const known = shared.get(text);
  if (known !== undefined) return known;
  if (shared.size >= MAX_SHARED) shared.clear();
  const own = ownString(text);
  shared.set(own, own);
  return own;
}
