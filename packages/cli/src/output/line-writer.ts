import type { Output } from '../context.js';
import { printable } from './printable.js';

/** Lines are written together: a listing of a million files is not a million writes. */
const BUFFER_CHARACTERS = 32 * 1024;

/** Lines for an output, gathered up to a bound. */
export class LineWriter {
  readonly #output: Output;
  #pending = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** Adds one line; what a terminal would obey instead of show is escaped when a person watches. */
  async line(text: string): Promise<void> {
    this.#pending += `${this.#output.isTTY ? printable(text) : text}\n`;
    if (this.#pending.length >= BUFFER_CHARACTERS) await this.flush();
  }

  /** Adds text as it is, without the end of a line. */
  async text(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= BUFFER_CHARACTERS) await this.flush();
  }

  get empty(): boolean {
    return this.#pending === '';
  }

  async flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') await this.#output.write(text);
  }
}
