// What a journal command tells of long work: on stderr, a line every few seconds, so that output and pipes stay clean.
import { basename } from 'node:path';

const PERIOD_MS = 2000;

export interface JournalTerminal {
  /** Resolves when there is room for more; rejects when nobody reads any more. */
  print(text: string): Promise<void>;
  printError(text: string): Promise<void>;
  /** Aborted by Ctrl-C and by termination. */
  readonly signal: AbortSignal;
}

export class JournalProgress {
  readonly #terminal: JournalTerminal;
  #file = '';
  #count = 0;
  #toldMs = performance.now();

  constructor(terminal: JournalTerminal) {
    this.#terminal = terminal;
  }

  /** A file is begun. Throws when the command was interrupted. */
  begin(path: string): void {
    this.#file = basename(path);
    this.#tell();
  }

  /** An operation or entry was worked on. Throws when the command was interrupted. */
  step(): void {
    if ((++this.#count & 0x3fff) === 0) this.#tell();
  }

  #tell(): void {
    this.#terminal.signal.throwIfAborted();
    const now = performance.now();
    if (now - this.#toldMs < PERIOD_MS) return;
    this.#toldMs = now;
    const count = this.#count === 0 ? '' : ` (${this.#count} entries)`;
    void this.#terminal.printError(`... ${this.#file}${count}\n`).catch(() => {});
  }
}
