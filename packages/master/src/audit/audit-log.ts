import { messageOf, type Clock, type Timer } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import { AuditLines, missingLine, type AuditRecord } from './audit-line.js';
import { RotatingFile, type RotatingFileOptions } from './rotating-file.js';

export interface AuditLogOptions extends RotatingFileOptions {
  /** Records that wait to be written; more are counted and dropped. */
  readonly capacity: number;
  /** SIMPLE, CUSTOM or NOSASL. */
  readonly authentication: string;
}

/** How long a record may wait for others to be written with it, milliseconds. */
const GATHER_MS = 50;
/** Records of one write. */
const BATCH = 1000;

/**
 * Who did what. Operations leave a record and go on: lines are made and written a little later, many at a time, so that a crash takes
 * the last of them. A disk that is slow or full costs lines, which are counted, and never an operation.
 */
export class AuditLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: AuditLogOptions;
  readonly #file: RotatingFile;
  readonly #lines: AuditLines;
  #waiting: AuditRecord[] = [];
  #missing = 0;
  #failing = false;
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(clock: Clock, disk: Disk, log: Logger, options: AuditLogOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
    this.#file = new RotatingFile(disk, options);
    this.#lines = new AuditLines(options.authentication);
  }

  /** Records that are not written yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(record: AuditRecord): void {
    if (this.#waiting.length >= this.#options.capacity) {
      this.#missing++;
      return;
    }
    this.#waiting.push(record);
    if (this.#writing !== undefined) return;
    if (this.#waiting.length >= BATCH) this.#write();
    else this.#timer ??= this.#clock.schedule(GATHER_MS, () => this.#write());
  }

  /** Writes what waits, and closes the file. */
  async stop(): Promise<void> {
    this.#write();
    await this.#writing;
    await this.#file.close().catch(() => undefined);
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 || this.#missing > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      const missing = this.#missing;
      this.#missing = 0;
      let text = missing === 0 ? '' : missingLine(this.#clock.nowMs(), missing);
      for (const record of batch) text += this.#lines.of(record);
      try {
        await this.#file.append(Buffer.from(text));
        this.#failing = false;
      } catch (error) {
        this.#missing += missing + batch.length;
        this.#fail(error);
        return;
      }
    }
  }

  /** What comes next tries again. */
  #fail(error: unknown): void {
    if (!this.#failing) this.#log.warn('audit log cannot be written', { path: this.#options.path, reason: messageOf(error) });
    this.#failing = true;
  }
}
