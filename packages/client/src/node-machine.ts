// What a program that runs in Node gets when it hands in nothing: this machine's clock, chance and names.
import type { Clock, Random } from '@alluvium/base';
import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { LocalMachine } from './machine/local-machine.js';
import { nodeLocalMachine } from './machine/node-local-machine.js';

/** Its timers keep the process alive, unlike those of a server: a program that waits for its cluster must not end over it. */
const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

const random: Random = { bytes: (length) => randomBytes(length), next: () => randomBytes(4).readUInt32LE() / 2 ** 32 };

export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly user: string;
  readonly localHost: string;
  readonly files: LocalMachine;
}

export function nodeMachine(): Machine {
  return { clock, random, user: userName(), localHost: hostname(), files: nodeLocalMachine };
}

/** An account without a name, as containers have it, goes by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
