import type { Clock, Random } from '@alluvium/base';
import type { Disk } from './disk.js';
import type { Logger } from './logger.js';

/** What a role gets from outside. Only composition roots and the simulator make one. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Logger;
}

/** What a process is made of: each role is one of these. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): Health;
}

export interface Health {
  readonly ready: boolean;
  /** One line for people: what is missing when not ready. */
  readonly detail: string;
}
