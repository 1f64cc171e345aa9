import { DynamicTable } from './dynamic-table.js';
import { HeaderBlock } from './header-block.js';
import { decodeHuffman } from './huffman.js';

/** A block that cannot be decoded: the state shared with the peer is lost, so the connection is (COMPRESSION_ERROR). */
export class HpackError extends Error {}

export interface HpackLimits {
  /** SETTINGS_HEADER_TABLE_SIZE that we announced (4096 when we announce none). */
  readonly tableBytes: number;
  /** Largest list, counted as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
  readonly listBytes: number;
  readonly fields: number;
}

const FIELD_OVERHEAD_BYTES = 32;
/** Blocks kept whole. A client repeats a few of them: one for each method that it calls. */
const CACHED_BLOCKS = 64;
const LONGEST_CACHED_BYTES = 512;
const LARGEST_INTEGER = 2 ** 28;

/**
 * Decodes the header blocks of one connection (RFC 7541). A client that calls the same methods again sends the same
 * bytes again; such blocks are answered from a cache, which holds while the dynamic table does not change.
 */
export class HpackDecoder {
  readonly #limits: HpackLimits;
  readonly #table: DynamicTable;
  readonly #cache = new Map<string, HeaderBlock>();
  #source: Buffer = EMPTY;
  #at = 0;
  #end = 0;

  constructor(limits: HpackLimits) {
    this.#limits = limits;
    this.#table = new DynamicTable(limits.tableBytes);
  }

  get tableBytes(): number {
    return this.#table.bytes;
  }

  /** The block `source[start, end)`. Throws {@link HpackError}. */
  decode(source: Buffer, start: number, end: number): HeaderBlock {
    if (end - start > LONGEST_CACHED_BYTES) return this.#decode(source, start, end).block;
    const key = source.toString('latin1', start, end);
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const { block, changedTable } = this.#decode(source, start, end);
    if (changedTable || this.#cache.size >= CACHED_BLOCKS) this.#cache.clear();
    if (!changedTable) this.#cache.set(key, block);
    return block;
  }

  #decode(source: Buffer, start: number, end: number): { block: HeaderBlock; changedTable: boolean } {
    this.#source = source;
    this.#at = start;
    this.#end = end;
    const fields: string[] = [];
    let changedTable = false;
    let listBytes = 0;
    let tooLarge = false;
    while (this.#at < end) {
      const first = source[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        // Only at the beginning of a block (RFC 7541, section 4.2).
        if (listBytes > 0) throw new HpackError('table size update after a header');
        if (!this.#table.resize(this.#integer(0x1f))) throw new HpackError('table size over the limit');
        changedTable = true;
        continue;
      }
      const indexed = (first & 0x80) !== 0;
      const inserts = (first & 0xc0) === 0x40;
      const index = this.#integer(indexed ? 0x7f : inserts ? 0x3f : 0x0f);
      const name = index === 0 && !indexed ? this.#string() : this.#table.name(index);
      if (name === undefined) throw new HpackError(`no header at index ${index}`);
      const value = indexed ? this.#table.value(index) : this.#string();
      if (inserts) {
        this.#table.insert(name, value);
        changedTable = true;
      }
      listBytes += name.length + value.length + FIELD_OVERHEAD_BYTES;
      // A short block can name a long entry often: what is over the limit is counted, not kept.
      if (listBytes > this.#limits.listBytes || fields.length >= this.#limits.fields * 2) tooLarge = true;
      else fields.push(name, value);
    }
    this.#source = EMPTY;
    if (changedTable) this.#cache.clear();
    return { block: new HeaderBlock(fields, tooLarge), changedTable };
  }

  #integer(mask: number): number {
    const first = this.#source[this.#at++]! & mask;
    if (first < mask) return first;
    let value = mask;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#end) throw new HpackError('header block ends inside an integer');
      if (shift > 28) throw new HpackError('integer too large');
      const byte = this.#source[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (value > LARGEST_INTEGER) throw new HpackError('integer too large');
    return value;
  }

  #string(): string {
    if (this.#at >= this.#end) throw new HpackError('header block ends before a string');
    const huffman = (this.#source[this.#at]! & 0x80) !== 0;
    const length = this.#integer(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw new HpackError('header block ends inside a string');
    this.#at = end;
    if (!huffman) return this.#source.toString('latin1', start, end);
    const text = decodeHuffman(this.#source, start, end);
    if (text === undefined) throw new HpackError('bad Huffman code');
    return text;
  }
}

const EMPTY = Buffer.alloc(0);
