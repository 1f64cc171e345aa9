/** How a field is to be sent. */
export type Representation = 'indexed' | 'incremental' | 'plain' | 'never';

interface Entry {
  readonly name: string;
  readonly value: string;
}

const FIRST_DYNAMIC = 62;
const size = ({ name, value }: Entry): number => name.length + value.length + 32;

/** An HPACK encoder (RFC 7541) written for clarity, with a dynamic table of its own, to check the decoder against. */
export class ReferenceEncoder {
  readonly #table: Entry[] = [];
  #maxBytes: number;

  constructor(tableBytes: number) {
    this.#maxBytes = tableBytes;
  }

  get tableBytes(): number {
    return this.#table.reduce((sum, entry) => sum + size(entry), 0);
  }

  resize(maxBytes: number): Buffer {
    this.#maxBytes = maxBytes;
    this.#evict(maxBytes);
    return integer(0x20, 5, maxBytes);
  }

  field(name: string, value: string, how: Representation): Buffer {
    const whole = this.#table.findIndex((entry) => entry.name === name && entry.value === value);
    if (how === 'indexed' && whole >= 0) return integer(0x80, 7, FIRST_DYNAMIC + whole);
    const named = this.#table.findIndex((entry) => entry.name === name);
    const index = named < 0 ? 0 : FIRST_DYNAMIC + named;
    const [pattern, bits] = how === 'plain' ? [0, 4] : how === 'never' ? [0x10, 4] : [0x40, 6];
    const out = [integer(pattern!, bits!, index)];
    if (index === 0) out.push(text(name));
    out.push(text(value));
    if (pattern === 0x40) this.#insert({ name, value });
    return Buffer.concat(out);
  }

  #insert(entry: Entry): void {
    this.#evict(this.#maxBytes - size(entry));
    if (size(entry) <= this.#maxBytes) this.#table.unshift(entry);
  }

  #evict(bytes: number): void {
    while (this.#table.length > 0 && this.tableBytes > bytes) this.#table.pop();
  }
}

/** An integer with a prefix of `bits`, RFC 7541, section 5.1. */
export function integer(pattern: number, bits: number, value: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const out = [pattern | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Buffer.from([...out, rest]);
}

function text(value: string): Buffer {
  return Buffer.concat([integer(0, 7, value.length), Buffer.from(value, 'latin1')]);
}
