/** Which children of a directory were held for writing since the watch began; see PathLocks.watch. */
export class ChildWatch {
  readonly #written = new Set<string>();
  readonly #isWritten: (name: string) => boolean;
  readonly #end: () => void;

  constructor(isWritten: (name: string) => boolean, end: () => void) {
    this.#isWritten = isWritten;
    this.#end = end;
  }

  wasWritten(name: string): boolean {
    return this.#written.has(name) || this.#isWritten(name);
  }

  written(name: string): void {
    this.#written.add(name);
  }

  close(): void {
    this.#end();
  }
}
