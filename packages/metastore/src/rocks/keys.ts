// The rows of the database. Everything of a directory lies together, in the order in which it is listed:
//
//   B block                 length
//   C directory             how many children it has
//   E directory name        the inode of that name
//   I inode                 directory and name: where the inode lies
//
// Ids are 8 bytes, the highest first. A name is its UTF-16 code units, each as UTF-8 writes a character of that number: as short as
// UTF-8, every string is different, and bytes are in the order of code units, which is that of listings.
import { ID_BYTES, readId, writeId } from './id-bytes.js';
import type { KeyRange } from './rocks-database.js';

export const BLOCKS = 0x42;
export const COUNTS = 0x43;
export const EDGES = 0x45;
export const PLACES = 0x49;

const PREFIX_BYTES = 1 + ID_BYTES;
/** Enough for names that are not of foreign length. */
const SCRATCH_BYTES = 4096;
const scratch = Buffer.alloc(SCRATCH_BYTES);

/** The row of a kind for an id. Valid until the next key is made. */
export function idKey(kind: number, id: bigint): Uint8Array {
  scratch[0] = kind;
  writeId(scratch, 1, id);
  return scratch.subarray(0, PREFIX_BYTES);
}

export function placeKey(id: bigint): Uint8Array {
  return idKey(PLACES, id);
}

/** The row of a name in a directory. Valid until the next key is made. */
export function edgeKey(directory: bigint, name: string): Uint8Array {
  if (PREFIX_BYTES + name.length * 3 > SCRATCH_BYTES) return longEdgeKey(directory, name);
  scratch[0] = EDGES;
  writeId(scratch, 1, directory);
  return scratch.subarray(0, writeName(scratch, PREFIX_BYTES, name));
}

/** Where an inode lies, as the value of its row: what its edge key has behind the kind. */
export function placeOfEdge(edge: Uint8Array): Uint8Array {
  return edge.subarray(1);
}

export function edgeOfPlace(place: Uint8Array): Buffer {
  const edge = Buffer.allocUnsafe(1 + place.length);
  edge[0] = EDGES;
  edge.set(place, 1);
  return edge;
}

/** All rows of one kind. */
export function allOf(kind: number): KeyRange {
  return { first: Buffer.of(kind), end: Buffer.of(kind + 1) };
}

/** The edges of a directory whose names come after `name`, or all. */
export function edgesAfter(directory: bigint, name: string | undefined): KeyRange {
  const first = Buffer.from(edgeKey(directory, name ?? ''));
  const end = Buffer.from(edgeKey(directory, ''));
  // Behind every name of the directory: a byte that no name has.
  return { first: name === undefined ? first : Buffer.concat([first, Buffer.of(0)]), end: Buffer.concat([end, Buffer.of(0xff)]) };
}

export function idOf(key: Buffer): bigint {
  return readId(key, 1);
}

export function nameOf(edge: Buffer): string {
  return readName(edge, PREFIX_BYTES);
}

function longEdgeKey(directory: bigint, name: string): Uint8Array {
  const key = Buffer.alloc(PREFIX_BYTES + name.length * 3);
  key[0] = EDGES;
  writeId(key, 1, directory);
  return key.subarray(0, writeName(key, PREFIX_BYTES, name));
}

/** Answers where the name ends. */
function writeName(into: Buffer, start: number, name: string): number {
  const length = into.write(name, start, 'utf8');
  // As many bytes as code units: all of them are ASCII.
  if (length === name.length) return start + length;
  let at = start;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x80) {
      into[at++] = unit;
    } else if (unit < 0x800) {
      into[at++] = 0xc0 | (unit >>> 6);
      into[at++] = 0x80 | (unit & 0x3f);
    } else {
      into[at++] = 0xe0 | (unit >>> 12);
      into[at++] = 0x80 | ((unit >>> 6) & 0x3f);
      into[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

function readName(from: Buffer, start: number): string {
  let text = '';
  let at = start;
  while (at < from.length && from[at]! < 0x80) at++;
  if (at > start) text = from.toString('latin1', start, at);
  while (at < from.length) {
    const byte = from[at]!;
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      at += 1;
    } else if (byte < 0xe0) {
      text += String.fromCharCode(((byte & 0x1f) << 6) | (from[at + 1]! & 0x3f));
      at += 2;
    } else {
      text += String.fromCharCode(((byte & 0x0f) << 12) | ((from[at + 1]! & 0x3f) << 6) | (from[at + 2]! & 0x3f));
      at += 3;
    }
  }
  return text;
}
