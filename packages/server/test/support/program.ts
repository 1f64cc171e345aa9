import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';

const PROGRAM = resolve(import.meta.dirname, '../../../../../../packages/server/dist/alluvium.mjs');

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The `alluvium` program with a home of its own; what it left running is stopped when the test ends. */
export class Program {
  readonly home: string;
  readonly store: string;
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(t: TestContext) {
    this.#directory = mkdtempSync(join(tmpdir(), 'alluvium-program-'));
    this.home = join(this.#directory, 'home');
    this.store = join(this.#directory, 'data');
    mkdirSync(this.store);
    this.#environment = { ...process.env, ALLUVIUM_HOME: this.home, HOME: this.#directory, NO_COLOR: '1' };
    t.after(() => {
      this.run(['stop']);
      const tier = this.blocks;
      rmSync(this.#directory, { recursive: true, force: true });
      rmSync(tier, { recursive: true, force: true });
    });
  }

  /** Where the worker keeps its blocks. */
  get blocks(): string {
    return join(this.#directory, 'tier');
  }

  path(name: string): string {
    return join(this.#directory, name);
  }

  run(args: readonly string[], input = ''): Result {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
      env: this.#environment,
      encoding: 'utf8',
      input,
      timeout: 60_000,
    });
    return { code: status, out: stdout, err: stderr };
  }

  /** Starts a server on free ports; `args` go behind `start`. */
  start(...args: readonly string[]): Result {
    return this.run(['start', ...this.freePorts(), ...args]);
  }

  freePorts(): string[] {
    return [
      '-Dalluxio.master.rpc.port=0',
      '-Dalluxio.worker.rpc.port=0',
      `-Dalluxio.worker.tieredstore.level0.dirs.path=${this.blocks}`,
      '-Dalluxio.worker.ramdisk.size=64MB',
    ];
  }

  state(): { readonly pid: number; readonly master: string; readonly worker: string } {
    return (JSON.parse(this.run(['status', '--json']).out) as { state: { pid: number; master: string; worker: string } }).state;
  }

  /** A command that runs beside the test. */
  spawn(args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [PROGRAM, ...args], { env: this.#environment });
  }

  /** A client's command against the running server. */
  fs(...args: readonly string[]): Result {
    return this.run(['--master', this.state().master, 'fs', ...args]);
  }

  log(): string {
    return readFileSync(join(this.home, 'logs', 'alluvium.log'), 'utf8');
  }

  /** Runs in the foreground until `end` is called; answers what it printed. */
  foreground(...args: readonly string[]): { serving: Promise<void>; end(signal: NodeJS.Signals): Promise<Result> } {
    const child = spawn(process.execPath, [PROGRAM, 'start', '--foreground', ...this.freePorts(), ...args], { env: this.#environment });
    let out = '';
    let err = '';
    const serving = Promise.withResolvers<void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('process ')) serving.resolve();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const ended = new Promise<Result>((done) => child.on('close', (code) => done({ code, out, err })));
    void ended.then(() => serving.reject(new Error(`ended: ${out}${err}`)));
    return {
      serving: serving.promise,
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
  }
}
