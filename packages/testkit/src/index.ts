export * from './sim/seeded-random.js';
export * from './sim/sim-clock.js';
