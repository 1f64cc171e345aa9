// Seeds without end, or for some hours: each child process goes through a batch and is replaced by a fresh one, so that neither a leak
// nor a crash ends the night. What fails is written to a file as it comes, with the command that shows it again.
import { fork, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';

export interface Night {
  readonly from: number;
  readonly steps: number;
  readonly parallel: number;
  /** Undefined: until it is told to end. */
  readonly hours: number | undefined;
  /** Seeds that failed, with their commands. */
  readonly file: string;
}

/** What a child tells of a seed. */
export type SeedReport = { readonly begins: number } | { readonly ends: number; readonly failure: string | undefined };

export interface NightResult {
  readonly done: number;
  readonly failed: number;
}

const BATCH = 200;
const PROGRESS_MS = 10_000;
/** A run takes a fraction of a second; one that takes so long goes round in circles. */
const SEED_LIMIT_MS = 600_000;
const LOOK_MS = 5000;

/** Resolves when the time is over, or after SIGINT or SIGTERM. */
export async function night(options: Night): Promise<NightResult> {
  const run = new NightRun(options);
  const stop = (): void => run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const timer = options.hours === undefined ? undefined : setTimeout(stop, options.hours * 3_600_000);
  try {
    return await run.finished();
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

class NightRun {
  readonly #o: Night;
  readonly #startedMs = performance.now();
  readonly #children = new Set<ChildProcess>();
  #next: number;
  #done = 0;
  #failed = 0;
  #stopped = false;

  constructor(options: Night) {
    this.#o = options;
    this.#next = options.from;
  }

  async finished(): Promise<NightResult> {
    console.log(`seeds from ${this.#o.from} on, ${this.#o.steps} steps each; failures go to ${this.#o.file}`);
    const progress = setInterval(() => this.#tell(), PROGRESS_MS);
    await Promise.all(Array.from({ length: this.#o.parallel }, () => this.#batches()));
    clearInterval(progress);
    this.#tell();
    console.log();
    return { done: this.#done, failed: this.#failed };
  }

  stop(): void {
    this.#stopped = true;
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #batches(): Promise<void> {
    while (!this.#stopped) {
      const from = this.#next;
      this.#next += BATCH;
      for (let at = from; at < from + BATCH && !this.#stopped;) at = await this.#batch(at, from + BATCH - at);
    }
  }

  /** Answers the first seed that was not dealt with: after the last, or after one that took the process down. */
  #batch(from: number, count: number): Promise<number> {
    const child = fork(process.argv[1]!, ['--batch', '--from', String(from), '--count', String(count), '--steps', String(this.#o.steps)], {
      // Ctrl-C is for this process; it ends the others.
      detached: true,
    });
    this.#children.add(child);
    let under: { readonly seed: number; readonly sinceMs: number } | undefined;
    let next = from;
    child.on('message', (report: SeedReport) => {
      if ('begins' in report) {
        under = { seed: report.begins, sinceMs: performance.now() };
        return;
      }
      under = undefined;
      next = report.ends + 1;
      this.#done++;
      if (report.failure !== undefined) this.#note(report.ends, report.failure);
    });
    const watch = setInterval(() => {
      if (under !== undefined && performance.now() - under.sinceMs > SEED_LIMIT_MS) child.kill('SIGKILL');
    }, LOOK_MS);
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearInterval(watch);
        this.#children.delete(child);
        if (under === undefined || this.#stopped) return resolve(next === from && !this.#stopped ? from + 1 : next);
        this.#done++;
        this.#note(under.seed, `the process ended with ${signal ?? code}`);
        resolve(under.seed + 1);
      });
    });
  }

  #note(seed: number, failure: string): void {
    this.#failed++;
    const [first] = failure.split('\n');
    const line = `${seed} # ${first} # npm run simulate -- --seed ${seed} --steps ${this.#o.steps}`;
    appendFileSync(this.#o.file, `${line}\n`);
    process.stdout.write(`${process.stdout.isTTY ? '\r\x1b[K' : ''}${line}\n`);
  }

  #tell(): void {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const { hours } = this.#o;
    const left = hours === undefined ? '' : `, ${hms(Math.max(0, hours * 3600 - seconds))} left`;
    const line = `${this.#done} seeds in ${hms(seconds)}, ${(this.#done / seconds).toFixed(2)} a second, ${this.#failed} failed${left}`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }
}

function hms(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
