/** Whether a process stands still, as after SIGSTOP: what reaches it meanwhile waits, in order. */
export class Pause {
  #waiting: (() => void)[] | undefined;

  get isOn(): boolean {
    return this.#waiting !== undefined;
  }

  begin(): void {
    this.#waiting ??= [];
  }

  end(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const action of waiting) action();
  }

  /** At once, or when the process goes on. */
  run(action: () => void): void {
    if (this.#waiting === undefined) action();
    else this.#waiting.push(action);
  }

  /** Resolves when the process goes on. */
  over(): Promise<void> {
    return new Promise((resolve) => this.run(resolve));
  }
}
