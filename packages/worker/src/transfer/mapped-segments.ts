// Mappings of block files, kept from one read to the next: what leaves from them is copied once, by the kernel, into the socket. The
// bytes of a memory tier are in memory anyway; a mapping adds a page table.
import type { DiskFile, Mapping } from '@alluvium/platform';
import { BUFFER_BYTES } from './page-pool.js';
import { Window } from './window.js';

/** What is mapped at a time; pages of it become readable one by one, as they are wanted. */
export const SEGMENT_BYTES = 8 * BUFFER_BYTES;

/** Of a page that is not mapped yet, fewer bytes than this are cheaper read. */
const WORTH_MAPPING_BYTES = BUFFER_BYTES / 2;

interface Segment {
  readonly of: MappedFile;
  readonly index: number;
  readonly mapping: Mapping;
  /** One bit a page that is faulted in. */
  populated: number;
  /** Windows that are in use. */
  keepers: number;
  /** Since it was last passed over for removal. */
  used: boolean;
  /** Its file is closed: it goes with its last window. */
  leaving: boolean;
}

/** Segments of all files together, at most so many bytes of addresses; the longest unused makes room. */
export class MappedSegments {
  readonly #max: number;
  readonly #segments = new Set<Segment>();

  constructor(maxBytes: number) {
    this.#max = Math.floor(maxBytes / SEGMENT_BYTES);
  }

  /** Segments that are mapped now. */
  get count(): number {
    return this.#segments.size;
  }

  /** Undefined when there is no room, because all that is mapped is in use, or where files cannot be mapped. */
  add(of: MappedFile, index: number, file: DiskFile): Segment | undefined {
    if (file.map === undefined || (this.#segments.size >= this.#max && !this.#removeUnused())) return undefined;
    const position = index * SEGMENT_BYTES;
    const mapping = file.map(position, Math.min(SEGMENT_BYTES, of.length - position));
    if (mapping === undefined) return undefined;
    const segment: Segment = { of, index, mapping, populated: 0, keepers: 0, used: true, leaving: false };
    this.#segments.add(segment);
    return segment;
  }

  remove(segment: Segment): void {
    this.#segments.delete(segment);
    segment.mapping.release();
  }

  #removeUnused(): boolean {
    // What was used since the last round goes to the end once; so two rounds find what can be found.
    let left = 2 * this.#segments.size;
    for (const segment of this.#segments) {
      if (left-- === 0) return false;
      if (!segment.used && segment.keepers === 0) {
        segment.of.forget(segment.index);
        this.remove(segment);
        return true;
      }
      segment.used = false;
      this.#segments.delete(segment);
      this.#segments.add(segment);
    }
    return false;
  }
}

/** The mapped segments of one file. */
export class MappedFile {
  readonly length: number;
  readonly #file: DiskFile;
  readonly #all: MappedSegments;
  readonly #segments: (Segment | undefined)[] = [];
  #closed = false;

  constructor(file: DiskFile, length: number, all: MappedSegments) {
    this.#file = file;
    this.length = length;
    this.#all = all;
  }

  /**
   * The bytes from `from` up to `to`, or fewer where the segment ends; undefined where they are to be read instead. Kept once, for the
   * caller.
   */
  window(from: number, to: number): Window | undefined {
    const index = Math.floor(from / SEGMENT_BYTES);
    const base = index * SEGMENT_BYTES;
    const end = Math.min(to, base + SEGMENT_BYTES, this.length);
    const segment = this.#segments[index] ?? this.#map(index, from, end);
    if (segment === undefined || !populate(segment, from - base, end - base)) return undefined;
    segment.used = true;
    segment.keepers++;
    return new Window(segment.mapping.bytes.subarray(from - base, end - base), () => {
      segment.keepers--;
      if (segment.leaving && segment.keepers === 0) this.#all.remove(segment);
    });
  }

  /** Unmaps everything, what is being sent as soon as it is. */
  close(): void {
    this.#closed = true;
    for (const segment of this.#segments) {
      if (segment === undefined) continue;
      segment.leaving = true;
      if (segment.keepers === 0) this.#all.remove(segment);
    }
    this.#segments.length = 0;
  }

  /** The segment is about to be unmapped. */
  forget(index: number): void {
    this.#segments[index] = undefined;
  }

  #map(index: number, from: number, end: number): Segment | undefined {
    if (this.#closed || end - from < WORTH_MAPPING_BYTES) return undefined;
    const segment = this.#all.add(this, index, this.#file);
    if (segment !== undefined) this.#segments[index] = segment;
    return segment;
  }
}

/** Faults in the pages of the range that are not; false when they are not wanted enough for that. */
function populate(segment: Segment, from: number, to: number): boolean {
  for (let page = Math.floor(from / BUFFER_BYTES); page * BUFFER_BYTES < to; page++) {
    if ((segment.populated & (1 << page)) !== 0) continue;
    const start = page * BUFFER_BYTES;
    const end = Math.min(start + BUFFER_BYTES, segment.mapping.bytes.length);
    if (Math.min(to, end) - Math.max(from, start) < Math.min(WORTH_MAPPING_BYTES, end - start)) return false;
    segment.mapping.populate(start, end);
    segment.populated |= 1 << page;
  }
  return true;
}
