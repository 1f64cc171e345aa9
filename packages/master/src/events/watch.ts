import { fail, isWithin, normalPath, parentPath, type Clock, type NormalPath } from '@alluvium/base';
import type { ServerStream } from '@alluvium/net';
import { namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { EXECUTE, READ } from '../file/permissions.js';
import { isFound, lastOf } from '../file/walk.js';
import type { EventLog } from './event-log.js';
import type { NamespaceEvent } from './events-of.js';

type WatchStream = ServerStream<ns.WatchRequest, ns.WatchReply>;

/** Events per message. */
const BATCH = 1000;
/** A watcher hears at least so often, also when nothing happens: it learns that it still watches, and from where to go on. */
const IDLE_MS = 10_000;
const MOST_WATCHERS = 1000;

/** Watch: durable changes at or below a path, in order, for as long as the client stays. */
export class Watchers {
  readonly #c: FileContext;
  readonly #log: EventLog;
  readonly #stopping = new AbortController();
  #count = 0;

  constructor(c: FileContext, log: EventLog) {
    this.#c = c;
    this.#log = log;
  }

  /** Ends the calls, which their clients would keep open for ever. */
  stop(): void {
    this.#stopping.abort(fail('unavailable', 'The master stops'));
  }

  async watch(stream: WatchStream): Promise<void> {
    const request = (await stream.read()) ?? {};
    if (this.#count >= MOST_WATCHERS)
      throw fail('resourceExhausted', `Cannot watch "${request.path}": ${MOST_WATCHERS} watchers are served already`);
    this.#count++;
    try {
      await this.#serve(stream, request);
    } finally {
      this.#count--;
    }
  }

  async #serve(stream: WatchStream, request: ns.WatchRequest): Promise<void> {
    const path = normalPath(request.path ?? '');
    const { user } = stream.caller;
    this.#requireAllowed(path, user);
    let at = request.afterSequence === undefined ? this.#log.head : Number(request.afterSequence);
    const isWanted = this.#filter(path, request.recursive ?? true, user);
    const signal = AbortSignal.any([stream.signal, this.#stopping.signal]);
    for (;;) {
      const { events, upTo } = this.#log.after(at, BATCH);
      const wanted = events.filter(isWanted);
      // Nobody learns what a crash can take back.
      await this.#c.committer.settled();
      signal.throwIfAborted();
      await stream.write({ events: wanted.map(eventMessage), sequence: BigInt(upTo) });
      at = upTo;
      if (this.#log.head === at) await changedOrIdle(this.#log, this.#c.clock, signal);
    }
  }

  #requireAllowed(path: NormalPath, user: string): void {
    const walk = this.#c.tree.walk(path);
    if (!isFound(walk)) this.#c.permissions.requireTraverse(user, walk);
    else this.#c.permissions.require(user, walk, lastOf(walk).kind === 'directory' ? READ | EXECUTE : READ);
  }

  #filter(path: NormalPath, recursive: boolean, user: string): (event: NamespaceEvent) => boolean {
    const isAt = (at: NormalPath | undefined): boolean =>
      at !== undefined && (recursive ? isWithin(at, path) : at === path || parentPath(at) === path) && this.#maySee(at, user);
    // What a directory above does happens to the path too.
    const isAbove = ({ kind, path: at, oldPath }: NamespaceEvent): boolean =>
      (kind === 'REMOVED' || kind === 'RENAMED') && (isWithin(path, at) || (oldPath !== undefined && isWithin(path, oldPath)));
    return (event) => isAt(event.path) || isAt(event.oldPath) || isAbove(event);
  }

  /** As far as the directories above are still there, the user may list the one that the path is in. */
  #maySee(path: NormalPath, user: string): boolean {
    if (this.#c.permissions.isSuper(user)) return true;
    const walk = this.#c.tree.walk(parentPath(path));
    return walk.inodes.every((inode, i) => this.#c.permissions.allows(user, inode, i === walk.names.length ? READ | EXECUTE : EXECUTE));
  }
}

function eventMessage(event: NamespaceEvent): ns.NamespaceEvent {
  return {
    sequence: BigInt(event.sequence),
    kind: ns.NamespaceEventKind[event.kind],
    path: event.path,
    ...(event.oldPath === undefined ? {} : { oldPath: event.oldPath }),
    inodeId: event.inode,
    directory: event.directory,
    timeMs: BigInt(event.timeMs),
  };
}

/** Waits until something is committed or nothing has been for a while. Rejects when aborted. */
function changedOrIdle(log: EventLog, clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason as Error);
  const timer = clock.schedule(IDLE_MS, resolve);
  const giveUp = log.whenChanged(resolve);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    timer.cancel();
    giveUp();
    signal.removeEventListener('abort', onAbort);
  });
}
