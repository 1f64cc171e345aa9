import { finish } from './hash.js';

const FIRST_CAPACITY = 512;

/** A name that is looked for: its UTF-16 code units and the hash of its edge. One at a time; kept to be filled again. */
export class NameKey {
  units = new Uint16Array(FIRST_CAPACITY);
  length = 0;
  /** Some units need more than eight bits. */
  wide = false;
  /** Of parent and name. */
  hash = 0;

  /** `first` and `second`: the halves of the parent's id as they lie in memory. */
  load(first: number, second: number, name: string): void {
    const { length } = name;
    if (length > this.units.length) this.units = new Uint16Array(2 * length);
    const { units } = this;
    let hash = finish(first ^ Math.imul(second, 0x9e37_79b1));
    let all = 0;
    for (let i = 0; i < length; i++) {
      const unit = name.charCodeAt(i);
      units[i] = unit;
      all |= unit;
      hash = Math.imul(hash ^ unit, 0x5bd1_e995);
      hash ^= hash >>> 15;
    }
    this.length = length;
    this.wide = all > 0xff;
    this.hash = finish(hash);
  }

  /** A name that lies in memory, with its hash. */
  loadStored(bytes: Uint8Array, start: number, length: number, wide: boolean, hash: number): void {
    if (length > this.units.length) this.units = new Uint16Array(2 * length);
    const { units } = this;
    if (wide) for (let i = 0, at = start; i < length; i++, at += 2) units[i] = bytes[at]! | (bytes[at + 1]! << 8);
    else for (let i = 0; i < length; i++) units[i] = bytes[start + i]!;
    this.length = length;
    this.wide = wide;
    this.hash = hash;
  }

  /** Bytes it takes in memory. */
  get byteLength(): number {
    return this.wide ? 2 * this.length : this.length;
  }

  /** Negative when the name that lies in `bytes` comes before this one, 0 when it is the same. */
  compare(bytes: Uint8Array, start: number, length: number, wide: boolean): number {
    const { units } = this;
    const common = Math.min(length, this.length);
    if (wide) {
      for (let i = 0, at = start; i < common; i++, at += 2) {
        const difference = (bytes[at]! | (bytes[at + 1]! << 8)) - units[i]!;
        if (difference !== 0) return difference;
      }
    } else {
      for (let i = 0, at = start; i < common; i++, at++) {
        const difference = bytes[at]! - units[i]!;
        if (difference !== 0) return difference;
      }
    }
    return length - this.length;
  }

  /** Writes the name into `bytes`. */
  write(bytes: Uint8Array, start: number): void {
    const { units, length } = this;
    if (this.wide) {
      for (let i = 0, at = start; i < length; i++, at += 2) {
        bytes[at] = units[i]! & 0xff;
        bytes[at + 1] = units[i]! >>> 8;
      }
    } else {
      for (let i = 0; i < length; i++) bytes[start + i] = units[i]!;
    }
  }
}
