import { AlluviumError, sleep, type Clock, type Random } from '@alluvium/base';
import { throwIfCancelled } from '../cancelled.js';

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Further tries after the first. */
  readonly retries: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
}

/** Runs until it succeeds, fails for good, or has been tried often enough. `attempt` counts from 0. */
export async function retrying<T>(options: RetryOptions, run: (attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run(attempt);
    } catch (error) {
      if (!mayRetry(options, error, attempt)) throw error;
      await pause(options, attempt, signal);
    }
  }
}

export function mayRetry({ retries }: RetryOptions, error: unknown, attempt: number): boolean {
  return error instanceof AlluviumError && error.kind === 'unavailable' && attempt < retries;
}

/** Full jitter: anything up to an exponentially growing delay (AWS Architecture Blog 2015, "Exponential Backoff And Jitter"). */
export async function pause(options: RetryOptions, attempt: number, signal?: AbortSignal): Promise<void> {
  const { clock, random, firstDelayMs = 50, maxDelayMs = 5000 } = options;
  try {
    await sleep(clock, random.next() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt), signal);
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}
