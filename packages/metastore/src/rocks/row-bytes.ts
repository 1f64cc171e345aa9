// The bytes of a row: fields one after the other, written and read in the same order.
import type { Bits, DefaultAcl, ExtendedAcl } from '../inode.js';
import { ID_BYTES, readId, writeId } from './id-bytes.js';

const FIRST_BYTES = 4096;

/** Writes into one buffer that grows; what is made is valid until the next row is begun. */
export class RowWriter {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #at = 0;

  begin(): void {
    this.#at = 0;
  }

  end(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  word(value: number): void {
    this.#room(4);
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleBE(value, this.#at);
  }

  id(value: bigint): void {
    this.#room(ID_BYTES);
    writeId(this.#bytes, this.#at, value);
    this.#at += ID_BYTES;
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#length(length);
    this.#room(length);
    this.#at += this.#bytes.write(value, this.#at, 'utf8');
  }

  binary(value: Uint8Array): void {
    this.#length(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.#length(items.length);
    for (const item of items) write(item);
  }

  bits(entries: ReadonlyMap<string, Bits>): void {
    this.#length(entries.size);
    for (const [name, bits] of entries) {
      this.text(name);
      this.byte(bits);
    }
  }

  acl(acl: ExtendedAcl): void {
    this.bits(acl.users);
    this.bits(acl.groups);
    this.byte(acl.mask === undefined ? 0 : 1 + acl.mask);
  }

  /** One byte for what is short. */
  #length(value: number): void {
    if (value < 0xff) return this.byte(value);
    this.byte(0xff);
    this.word(value);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#at + bytes));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

export class RowReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#at = 0;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  word(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  double(): number {
    const value = this.#bytes.readDoubleBE(this.#at);
    this.#at += 8;
    return value;
  }

  id(): bigint {
    const value = readId(this.#bytes, this.#at);
    this.#at += ID_BYTES;
    return value;
  }

  text(): string {
    const length = this.#length();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  binary(): Uint8Array {
    const length = this.#length();
    this.#at += length;
    return Uint8Array.from(this.#bytes.subarray(this.#at - length, this.#at));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.#length() }, read);
  }

  bits(): Map<string, Bits> {
    const entries = new Map<string, Bits>();
    for (let left = this.#length(); left > 0; left--) {
      const name = this.text();
      entries.set(name, this.byte());
    }
    return entries;
  }

  acl(): ExtendedAcl {
    const users = this.bits();
    const groups = this.bits();
    const mask = this.byte();
    return { users, groups, mask: mask === 0 ? undefined : mask - 1 };
  }

  defaultAcl(): DefaultAcl {
    return { mode: this.word(), ...this.acl() };
  }

  #length(): number {
    const short = this.byte();
    return short < 0xff ? short : this.word();
  }
}
