export { Doctor } from './doctor.js';
export { findDamage } from './find-damage.js';
export type { Finding, PatientParts } from './invariant.js';
export { doctorService } from './service.js';
