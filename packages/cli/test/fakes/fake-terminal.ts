import { buildCli, OutputClosed, runCli } from '@alluvium/cli';
import type { CliContext, ConnectOptions, Input, Output } from '@alluvium/cli';
import type { Clock, Timer } from '@alluvium/base';
import type { ListedOption } from '@alluvium/platform';
import type { Command } from 'commander';
import { FakeFileSystem } from './fake-file-system.js';
import { FakeLocalFiles } from './fake-local-files.js';

/** Gathers what is written. */
export class FakeOutput implements Output {
  isTTY = false;
  columns: number | undefined;
  text = '';
  readonly chunks: (string | Uint8Array)[] = [];
  /** After so many writes nobody reads any more. */
  closesAfter = Infinity;

  /** Called with each text, so that two outputs can be seen in the order of their writes. */
  onWrite: (text: string) => void = () => {};

  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.closesAfter-- <= 0) throw new OutputClosed('write EPIPE');
    this.chunks.push(chunk);
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    this.text += text;
    this.onWrite(text);
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

/** Time that passes when somebody waits for it: a timer fires in the order of its due time as soon as nothing else is to do. */
export class FakeClock implements Clock {
  timeMs = 1_000_000;
  #timers: { readonly dueMs: number; readonly callback: () => void }[] = [];

  nowMs(): number {
    return this.timeMs;
  }

  monotonicMs(): number {
    return this.timeMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.timeMs + delayMs, callback };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((each) => each !== timer)) };
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass up to the next timer; false when there is none. */
  advance(): boolean {
    const next = this.#timers.toSorted((a, b) => a.dueMs - b.dueMs)[0];
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((each) => each !== next);
    this.timeMs = Math.max(this.timeMs, next.dueMs);
    next.callback();
    return true;
  }
}

/** The program with everything around it in memory. */
export class FakeTerminal {
  readonly stdout = new FakeOutput();
  readonly stderr = new FakeOutput();
  readonly fileSystem = new FakeFileSystem();
  readonly local = new FakeLocalFiles();
  readonly clock = new FakeClock();
  readonly abort = new AbortController();
  readonly connections: ConnectOptions[] = [];
  environment: Record<string, string> = {};
  input: string[] = [];
  inputIsTTY = false;
  options: readonly ListedOption[] = [];
  connectError: Error | undefined;
  /** Adds commands as a server does. */
  extend: (program: Command) => void = () => {};

  get context(): CliContext {
    const [chunks, waits] = [this.input, this.inputIsTTY];
    const stdin: Input = {
      isTTY: this.inputIsTTY,
      async *[Symbol.asyncIterator]() {
        for (const chunk of chunks) yield new TextEncoder().encode(chunk);
        if (waits) await new Promise(() => {});
      },
    };
    let counter = 0;
    return {
      stdout: this.stdout,
      stderr: this.stderr,
      stdin,
      environment: this.environment,
      clock: this.clock,
      random: { bytes: (length) => new Uint8Array(length).fill(++counter), next: () => 0.5 },
      local: this.local,
      signal: this.abort.signal,
      connect: async (options) => {
        this.connections.push(options);
        if (this.connectError !== undefined) throw this.connectError;
        return this.fileSystem;
      },
      configuration: async () => this.options,
      version: '1.2.3',
    };
  }

  /** Runs a command line, split at blanks, or given as words. */
  async run(line: string | readonly string[]): Promise<number> {
    const context = this.context;
    const program = buildCli(context);
    this.extend(program);
    const running = { done: false };
    const result = runCli(program, context, typeof line === 'string' ? line.split(' ').filter(Boolean) : line).finally(() => {
      running.done = true;
    });
    // Timers fire only when a few turns of the event loop brought nothing else to do.
    for (let idle = 0; !running.done; idle++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!running.done && idle > 3 && this.clock.advance()) idle = 0;
    }
    return result;
  }
}
