import { kindOf, normalPath, type NormalPath } from '@alluvium/base';
import type { Caller, ServerCall, ServerStream } from '@alluvium/net';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { InodeTree } from '../file/inode-tree.js';
import { targetOf } from '../file/walk.js';
import type { AuditRecord } from './audit-line.js';
import { auditedCommand, type Requested } from './commands.js';

export interface AuditSources {
  readonly clock: { nowMs(): number; monotonicMs(): number };
  readonly tree: Pick<InodeTree, 'walk'>;
  readonly groupsOf: (user: string) => readonly string[];
}

/** Turns calls that have ended into records of the audit log. */
export class AuditTrail {
  readonly #sources: AuditSources;
  readonly #add: (record: AuditRecord) => void;

  constructor(sources: AuditSources, add: (record: AuditRecord) => void) {
    this.#sources = sources;
    this.#add = add;
  }

  /** When a call begins, for {@link ended}. */
  now(): number {
    return this.#sources.clock.monotonicMs();
  }

  /** `error` is undefined for a call that succeeded. Never throws for what a request holds. */
  ended(call: ServerCall, request: unknown, reply: unknown, error: unknown, startedMs: number): void {
    const command = auditedCommand(call.path);
    const caller = callerOf(call);
    if (command === undefined || caller === undefined) return;
    const { clock } = this.#sources;
    const requested = request as Requested;
    const from = requested.path ?? requested.alluxioPath;
    const source = normalOf(from);
    const destination = normalOf(requested.dstPath);
    const uri = storeUri(requested.ufsPath ?? requested.ufsUri);
    const failed = error !== undefined;
    this.#add({
      timeMs: clock.nowMs(),
      succeeded: !failed,
      allowed: !isDenied(error),
      user: caller.user,
      group: this.#groupOf(caller.user),
      via: caller.connectionUser === caller.user ? undefined : caller.connectionUser,
      peer: call.peer,
      command: command.name(requested),
      source: source ?? (from === undefined ? uri : short(from)),
      destination: destination ?? (requested.dstPath === undefined ? (from === undefined ? undefined : uri) : short(requested.dstPath)),
      permission:
        command.permission === 'none'
          ? undefined
          : this.#permission(reply, command.permission === 'destination' && !failed ? destination : source),
      executionUs: Math.round((clock.monotonicMs() - startedMs) * 1000),
    });
  }

  /** A call that streams: the record is made when `serve` ends, of the first message that it has read. */
  async stream<Q, R>(stream: ServerStream<Q, R>, serve: (stream: ServerStream<Q, R>) => Promise<void>): Promise<void> {
    const startedMs = this.now();
    const watched = new WatchedStream(stream);
    let failure: { readonly error: unknown } | undefined;
    try {
      await serve(watched);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      this.ended(stream, watched.first ?? {}, undefined, failure?.error, startedMs);
    }
  }

  #groupOf(user: string): string {
    try {
      return this.#sources.groupsOf(user)[0] ?? '';
    } catch {
      // A name that no user can have.
      return '';
    }
  }

  #permission(reply: unknown, path: NormalPath | undefined): AuditRecord['permission'] {
    const info = (reply as fs.GetStatusPResponse | undefined)?.fileInfo;
    if (info !== undefined) return { owner: info.owner ?? '', group: info.group ?? '', mode: info.mode ?? 0 };
    return path === undefined ? undefined : targetOf(this.#sources.tree.walk(path));
  }
}

/** Mounts tell why they failed in an error around the one that it was. */
function isDenied(error: unknown): boolean {
  return error instanceof Error && (kindOf(error) === 'permissionDenied' || isDenied(error.cause));
}

function callerOf(call: ServerCall): Caller | undefined {
  try {
    return call.caller;
  } catch {
    return undefined;
  }
}

/** A path as the operation reads it; undefined for what is none. */
function normalOf(given: string | undefined): NormalPath | undefined {
  if (given === undefined) return undefined;
  try {
    return normalPath(given);
  } catch {
    return undefined;
  }
}

/** Without what may stand before an `@`: keys of a store. */
function storeUri(given: string | undefined): string | undefined {
  return given === undefined ? undefined : short(given).replace(/^([a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}

/** What is kept in the queue is small, whatever is sent. */
const MAX_TEXT = 5000;

function short(given: string): string {
  return given.length > MAX_TEXT ? `(${given.length} characters)` : given;
}

class WatchedStream<Q, R> implements ServerStream<Q, R> {
  readonly #stream: ServerStream<Q, R>;
  first: Q | undefined;

  constructor(stream: ServerStream<Q, R>) {
    this.#stream = stream;
  }

  get path(): string {
    return this.#stream.path;
  }

  get caller(): Caller {
    return this.#stream.caller;
  }

  get signal(): AbortSignal {
    return this.#stream.signal;
  }

  get peer(): string {
    return this.#stream.peer;
  }

  header(name: string): string | undefined {
    return this.#stream.header(name);
  }

  async read(): Promise<Q | undefined> {
    const message = await this.#stream.read();
    this.first ??= message;
    return message;
  }

  write(message: R, onSent?: () => void): Promise<void> {
    return this.#stream.write(message, onSent);
  }
}
