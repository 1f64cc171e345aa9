import { Examination } from './examination.js';
import type { Finding, PatientParts } from './invariant.js';

/** What is wrong at this moment, in one stretch: for small namespaces in which nothing is under way. Nothing is mended. */
export function findDamage(parts: PatientParts): Finding[] {
  const found: Finding[] = [];
  for (const step of new Examination(parts).steps()) {
    if (typeof step === 'number') continue;
    const { kind, about, detail, remedy } = step;
    found.push({ kind, about, detail, remedy, repaired: false });
  }
  return found;
}
