// A job as it goes on, on a terminal: a bar, figures, and the file that is looked at, redrawn in one place.
import type { JobReport } from '@alluvium/client';
import type { Output } from '../context.js';
import { printable } from '../output/printable.js';
import { progressText } from './describe-job.js';

const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\x1b[K';
const UP = '\x1b[A';

export class LiveView {
  readonly #output: Output;
  /** Lines on the screen that are this view's. */
  #lines = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  async show(job: JobReport, bytesPerSecond: number): Promise<void> {
    const width = Math.max((this.#output.columns ?? 80) - 1, 20);
    const lines = [`${bar(job)} ${progressText(job, bytesPerSecond)}`.slice(0, width)];
    if (job.currentPath !== undefined) lines.push(tail(printable(job.currentPath), width));
    await this.#output.write(`${this.#up()}${lines.map((line) => `${CLEAR_LINE}${line}`).join('\n')}${this.#rest(lines.length)}`);
    this.#lines = Math.max(this.#lines, lines.length);
  }

  /** Takes the view away, so that something else can be written there. */
  async clear(): Promise<void> {
    if (this.#lines === 0) return;
    const text = `${this.#up()}${CLEAR_LINE}${this.#rest(1)}${UP.repeat(this.#lines - 1)}`;
    this.#lines = 0;
    await this.#output.write(text);
  }

  end(): Promise<void> {
    return this.clear();
  }

  #up(): string {
    return UP.repeat(Math.max(0, this.#lines - 1));
  }

  /** Lines of before that there are no longer. */
  #rest(shown: number): string {
    return `\n${CLEAR_LINE}`.repeat(Math.max(0, this.#lines - shown));
  }
}

/** Of what is known to be to do; while more is still being found, the end is open. */
function bar({ bytes, totalBytes, walked }: JobReport): string {
  const part = totalBytes === 0n ? (walked ? 1 : 0) : Math.min(1, Number(bytes) / Number(totalBytes));
  const filled = Math.floor(part * BAR_WIDTH);
  const percent = walked ? `${Math.floor(part * 100)}%`.padStart(4) : '   ?';
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${percent}`;
}

/** The end of a path says more than its beginning. */
function tail(path: string, width: number): string {
  return path.length <= width ? path : `...${path.slice(path.length - width + 3)}`;
}
