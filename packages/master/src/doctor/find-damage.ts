import { Examination } from './examination.js';
import type { Finding, Patient } from './invariant.js';

/** What is wrong at this moment, in one stretch: for small namespaces in which nothing is under way. Nothing is mended. */
export function findDamage(parts: Omit<Patient, 'inode'>): Finding[] {
  const found: Finding[] = [];
  for (const step of new Examination(parts).steps()) {
    if (typeof step === 'number') continue;
    const { kind, about, detail, remedy } = step;
    found.push({ kind, about, detail, remedy, repaired: false });
  }
  return found;
}
