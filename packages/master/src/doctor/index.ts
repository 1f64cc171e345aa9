export { Doctor } from './doctor.js';
export { findDamage } from './find-damage.js';
export type { Finding, Patient } from './invariant.js';
export { listFindings, startDoctor } from './operations.js';
