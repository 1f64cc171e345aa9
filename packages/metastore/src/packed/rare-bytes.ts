// What few inodes have, one after the other in bytes: texts, lists, maps. Who reads knows what was written.

const FIRST_CAPACITY = 1024;
/** What was needed once for something large is not kept. */
const MAX_KEPT_CAPACITY = 1 << 16;
const HEX = /^(?:[0-9a-f]{2}){4,64}$/;

export function isHex(text: string): boolean {
  return HEX.test(text);
}

export class RareWriter {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  length = 0;

  reset(): void {
    this.length = 0;
    if (this.bytes.length > MAX_KEPT_CAPACITY) this.bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  }

  /** Not negative, below 2^53. */
  count(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 0x80;
    this.bytes[this.length++] = rest;
  }

  number(value: number): void {
    this.#reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  long(value: bigint): void {
    this.#reserve(8);
    this.length = this.bytes.writeBigInt64LE(value, this.length);
  }

  blob(value: Uint8Array): void {
    this.count(value.length);
    this.#reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  /** Exactly its UTF-16 code units, whatever they are. */
  text(text: string): void {
    let all = 0;
    for (let i = 0; i < text.length; i++) all |= text.charCodeAt(i);
    const wide = all > 0xff;
    this.count(2 * text.length + (wide ? 1 : 0));
    this.#reserve(2 * text.length);
    this.length += this.bytes.write(text, this.length, wide ? 'utf16le' : 'latin1');
  }

  /** Of {@link isHex}. */
  hex(text: string): void {
    this.count(text.length / 2);
    this.#reserve(text.length / 2);
    this.length += this.bytes.write(text, this.length, 'hex');
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * (this.length + bytes));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

export class RareReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  count(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  number(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  long(): bigint {
    const value = this.#bytes.readBigInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  blob(): Uint8Array {
    const length = this.count();
    this.#at += length;
    return new Uint8Array(this.#bytes.subarray(this.#at - length, this.#at));
  }

  text(): string {
    const header = this.count();
    const length = Math.floor(header / 2);
    const start = this.#at;
    const wide = header % 2 === 1;
    this.#at += wide ? 2 * length : length;
    return this.#bytes.toString(wide ? 'utf16le' : 'latin1', start, this.#at);
  }

  hex(): string {
    const length = this.count();
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }
}
