// One number for a whole state, the same for the same state in whatever order its entries come: what a replayed journal must
// equal the live state by, and a standby its primary.
import { hash } from 'node:crypto';
import { journal } from '@alluvium/wire';
import type { JournalEntry } from './journal.js';

/**
 * The sum modulo 2^128 of the SHA-256 (cut to 128 bits) of each entry's bytes, as 32 hexadecimal digits. Exhausts the iterator, in
 * one stretch. Entries must be written in one way only: the order of a map's keys counts.
 */
export function stateHash(entries: Iterator<JournalEntry>): string {
  let sum = 0n;
  for (let next = entries.next(); next.done !== true; next = entries.next()) {
    const digest = hash('sha256', journal.JournalEntry.encode(next.value).finish(), 'buffer');
    sum = (sum + digest.readBigUInt64LE(0) + (digest.readBigUInt64LE(8) << 64n)) & ((1n << 128n) - 1n);
  }
  return sum.toString(16).padStart(32, '0');
}
