export * from './sim/seeded-random.js';
export * from './sim/sim-clock.js';
export * from './sim/sim-disk.js';
export * from './sim/memory-network.js';
