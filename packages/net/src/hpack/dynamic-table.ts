import { STATIC_TABLE } from './static-table.js';

/** Bytes that an entry counts beyond its name and value (RFC 7541, section 4.1). */
const ENTRY_OVERHEAD_BYTES = 32;
/** Index of the newest dynamic entry. */
const FIRST_DYNAMIC = STATIC_TABLE.length + 1;

/** What the two sides of a connection remember of earlier header blocks: a ring of entries, newest first. */
export class DynamicTable {
  readonly #names: string[];
  readonly #values: string[];
  readonly #mask: number;
  readonly #limitBytes: number;
  #maxBytes: number;
  #bytes = 0;
  #count = 0;
  #newest = 0;

  /** `limitBytes` is what we told the peer with SETTINGS_HEADER_TABLE_SIZE. */
  constructor(limitBytes: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, limitBytes / ENTRY_OVERHEAD_BYTES)));
    this.#names = new Array<string>(slots).fill('');
    this.#values = new Array<string>(slots).fill('');
    this.#mask = slots - 1;
    this.#limitBytes = limitBytes;
    this.#maxBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined for an index that neither table has. */
  name(index: number): string | undefined {
    if (index < FIRST_DYNAMIC) return STATIC_TABLE[index - 1]?.[0];
    const at = index - FIRST_DYNAMIC;
    return at < this.#count ? this.#names[(this.#newest + at) & this.#mask] : undefined;
  }

  value(index: number): string {
    if (index < FIRST_DYNAMIC) return STATIC_TABLE[index - 1]![1];
    return this.#values[(this.#newest + index - FIRST_DYNAMIC) & this.#mask]!;
  }

  insert(name: string, value: string): void {
    const size = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.#evictTo(this.#maxBytes - size);
    if (size > this.#maxBytes) return;
    this.#newest = (this.#newest - 1) & this.#mask;
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#bytes += size;
    this.#count++;
  }

  /** False when the peer asks for more than we allow. */
  resize(maxBytes: number): boolean {
    if (maxBytes > this.#limitBytes) return false;
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
    return true;
  }

  #evictTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const oldest = (this.#newest + this.#count - 1) & this.#mask;
      this.#bytes -= this.#names[oldest]!.length + this.#values[oldest]!.length + ENTRY_OVERHEAD_BYTES;
      this.#names[oldest] = '';
      this.#values[oldest] = '';
      this.#count--;
    }
  }
}
