// One run of one command: its connection, its output, and whether anything failed so far.
import { AlluviumError, fail, kindOf } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import { withinMs } from './bounded.js';
import type { CliContext } from './context.js';
import { OutputClosed } from './context.js';
import { errorJson, errorText, isMasterAway } from './errors.js';
import { ExitStatus, UsageError } from './exit-code.js';
import { toJson } from './output/json.js';
import { LineWriter } from './output/line-writer.js';
import type { Progress } from './output/progress.js';
import { expandPath } from './paths/glob.js';
import { parseClusterPath } from './paths/resolve.js';

/** How long the end of a connection may take. */
const CLOSE_MS = 2000;

/** What shows itself on the terminal beside what is printed. */
type ProgressLine = Pick<Progress, 'clear' | 'end'>;

export interface SessionOptions {
  /** `alluvium fs ls` */
  readonly command: string;
  readonly json: boolean;
  readonly master: string | undefined;
  readonly user: string | undefined;
}

export class Session {
  readonly context: CliContext;
  readonly command: string;
  /** Whether the output is one JSON document. */
  readonly json: boolean;
  readonly #user: string | undefined;
  readonly #lines: LineWriter;
  #master: string | undefined;
  #connection: Promise<FileSystem> | undefined;
  #progress: ProgressLine | undefined;
  #failed = false;

  constructor(context: CliContext, options: SessionOptions) {
    this.context = context;
    this.command = options.command;
    this.json = options.json;
    this.#master = options.master;
    this.#user = options.user;
    this.#lines = new LineWriter(context.stdout);
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** Whether an error was reported. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The connection, opened by the first call. */
  fileSystem(): Promise<FileSystem> {
    this.#connection ??= this.context.connect({ master: this.#master, user: this.#user, signal: this.signal });
    return this.#connection;
  }

  /** A path of the cluster as typed. `alluxio://host:port/a` also says where the master is, unless `--master` does. */
  path(text: string): NormalPath {
    const { path, master } = parseClusterPath(text);
    if (master !== undefined && master !== this.#master) {
      if (this.#connection !== undefined || this.#master !== undefined)
        throw new UsageError(`${text} is not on the cluster of this command${this.#master === undefined ? '' : `, ${this.#master}`}`);
      this.#master = master;
    }
    return path;
  }

  /** Calls `action` for each path that the arguments stand for, wildcards expanded. What fails is reported, and the next one follows. */
  async forEachPath(args: readonly string[], action: (path: NormalPath, fileSystem: FileSystem) => Promise<void>): Promise<void> {
    const patterns = args.map((arg) => this.path(arg));
    const fileSystem = await this.fileSystem();
    for (const pattern of patterns) {
      await this.attempt(pattern, async () => {
        for (const path of await expandPath(fileSystem, pattern, this.signal)) {
          await this.attempt(path, () => action(path, fileSystem));
        }
      });
    }
  }

  /** Runs `action`; an error about `path` alone is reported, one that ends the command is thrown. */
  async attempt(path: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#endsCommand(error)) throw error;
      await this.report(error, path);
    }
  }

  #endsCommand(error: unknown): boolean {
    if (!(error instanceof AlluviumError)) return true;
    return this.signal.aborted || isMasterAway(error) || error.kind === 'unauthenticated';
  }

  print(line: string): Promise<void> {
    return this.#progress === undefined ? this.#lines.line(line) : this.#printNow(line);
  }

  async #printNow(line: string): Promise<void> {
    if (this.context.stdout.isTTY) await this.#progress?.clear();
    await this.#lines.line(line);
    await this.#lines.flush();
  }

  /** Adds to the document of `--json` as it is. */
  printText(text: string): Promise<void> {
    return this.#lines.text(text);
  }

  printJson(value: unknown): Promise<void> {
    return this.#lines.text(`${toJson(value, this.context.stdout.isTTY ? 2 : undefined)}\n`);
  }

  /** Bytes of a file, as they are. */
  async printBytes(bytes: Uint8Array): Promise<void> {
    if (!this.#lines.empty) await this.#lines.flush();
    await this.context.stdout.write(bytes);
  }

  /** Writes what was gathered. */
  flush(): Promise<void> {
    return this.#lines.flush();
  }

  /** Keeps a progress line out of the way of other output while `work` runs. */
  async withProgress<T>(progress: ProgressLine, work: () => Promise<T>): Promise<T> {
    this.#progress = progress;
    try {
      return await work();
    } finally {
      this.#progress = undefined;
      await progress.end();
    }
  }

  /** Tells an error on stderr and remembers that the command failed. */
  async report(error: unknown, path?: string): Promise<void> {
    if (error instanceof OutputClosed || error instanceof ExitStatus) return;
    this.#failed = true;
    if (this.signal.aborted && (kindOf(error) === 'cancelled' || error === this.signal.reason)) return;
    await this.#progress?.clear();
    await this.#lines.flush().catch(() => undefined);
    const context = {
      command: this.command,
      ...(path !== undefined && { path }),
      ...(this.#master !== undefined && { master: this.#master }),
    };
    const text = this.json ? errorJson(error, context) : errorText(error, context);
    await this.context.stderr.write(`${text}\n${this.#stackOf(error)}`);
  }

  #stackOf(error: unknown): string {
    return this.context.environment['ALLUVIUM_DEBUG'] !== undefined && error instanceof Error ? `${error.stack ?? ''}\n` : '';
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    // A connection that could not be opened has been reported by whoever asked for it.
    const fileSystem = await connection?.catch(() => undefined);
    if (fileSystem === undefined) return;
    const tooLate = fail('deadlineExceeded', 'Cannot end the connection: the cluster does not answer');
    // Everything has been done and told by now.
    await withinMs(this.context.clock, CLOSE_MS, fileSystem.close(), tooLate).catch(() => undefined);
  }
}
