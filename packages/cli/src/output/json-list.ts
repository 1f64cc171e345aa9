import type { Session } from '../session.js';
import { toJson } from './json.js';

/** Writes one JSON array element by element, so that a listing of any length needs no memory. */
export class JsonList {
  readonly #session: Session;
  #any = false;

  constructor(session: Session) {
    this.#session = session;
  }

  async add(value: unknown): Promise<void> {
    await this.#session.printText(`${this.#any ? ',\n ' : '['}${toJson(value)}`);
    this.#any = true;
  }

  async end(): Promise<void> {
    await this.#session.printText(this.#any ? ']\n' : '[]\n');
  }
}
