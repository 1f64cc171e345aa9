import * as fs from 'node:fs';
import { dirname } from 'node:path';

export interface LogFileOptions {
  readonly path: string;
  /** A file that has grown to this is set aside as `path.1`, `path.2`, ... */
  readonly maxBytes: number;
  /** How many files that were set aside are kept. */
  readonly keep: number;
}

/**
 * Appends lines to a file that never grows without bound. Writes are synchronous, so that the last line before a crash is
 * there. A line that cannot be written (disk full) is dropped: the program goes on, and the next line that can says how many are missing.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #fd: number;
  #length: number;
  #lost = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
    fs.mkdirSync(dirname(options.path), { recursive: true });
    this.#fd = fs.openSync(options.path, 'a', 0o640);
    this.#length = fs.fstatSync(this.#fd).size;
  }

  write(line: string): void {
    try {
      if (this.#length >= this.#options.maxBytes) this.#rotate();
      const text =
        this.#lost === 0 ? line : `${JSON.stringify({ level: 'warn', msg: `${this.#lost} log lines could not be written` })}\n${line}`;
      this.#length += fs.writeSync(this.#fd, text);
      this.#lost = 0;
    } catch {
      this.#lost++;
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #rotate(): void {
    const { path, keep } = this.#options;
    for (let n = keep; n >= 1; n--) {
      const from = n === 1 ? path : `${path}.${n - 1}`;
      if (fs.existsSync(from)) fs.renameSync(from, `${path}.${n}`);
    }
    const fd = fs.openSync(path, keep === 0 ? 'w' : 'a', 0o640);
    fs.closeSync(this.#fd);
    this.#fd = fd;
    this.#length = 0;
  }
}
