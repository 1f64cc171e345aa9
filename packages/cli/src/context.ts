// What the program gets from outside. The server's `alluvium` makes one from the process; tests make one in memory.
import type { Clock, Random } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import type { ListedOption } from '@alluvium/platform';
import type { LocalFiles } from './local-files.js';

export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly local: LocalFiles;
  /** Aborted by Ctrl-C and by termination, with an {@link Interruption} as the reason. */
  readonly signal: AbortSignal;
  /** Opens a connection; the program closes it. */
  connect(options: ConnectOptions): Promise<FileSystem>;
  /** The configuration of this machine, secrets starred out. */
  configuration(): Promise<readonly ListedOption[]>;
  /** What `--version` says. */
  readonly version: string;
}

export interface ConnectOptions {
  /** `host:port`, several with commas; undefined: what the configuration says. */
  readonly master: string | undefined;
  /** Undefined: what the configuration says, or the user who runs the program. */
  readonly user: string | undefined;
  readonly signal: AbortSignal;
}

export interface Output {
  /** Whether a person watches. */
  readonly isTTY: boolean;
  /** Width of the terminal; undefined when it is none. */
  readonly columns: number | undefined;
  /** Resolves when there is room for more. Rejects with {@link OutputClosed} when nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>;
}

export interface Input extends AsyncIterable<Uint8Array> {
  /** Whether a person can be asked. */
  readonly isTTY: boolean;
}

/** The reader of an output has gone, as in `alluvium fs cat /x | head`. Ends the program quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Why {@link CliContext.signal} was aborted. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly signalName: 'SIGINT' | 'SIGTERM' | 'SIGHUP';

  constructor(signalName: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${signalName}`);
    this.signalName = signalName;
  }
}
