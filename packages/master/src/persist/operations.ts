import { ROOT_PATH, fail, isWithin, normalPath, type InodeId, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { namespaceService as ns } from '@alluvium/wire';
import { settled, type FileContext } from '../file/context.js';
import { READ } from '../file/permissions.js';
import { requireFound } from '../file/walk.js';
import { Pace } from '../task/pace.js';
import { whyNotPersisted } from './may-persist.js';
import { pauseEntry } from './persist-ledger.js';
import type { PersistQueue } from './persist-queue.js';
import type { PersistRequest } from './persist-request.js';

const DEFAULT_ENTRIES = 1000;
const MOST_ENTRIES = 10_000;
const MAX_REASON_CHARS = 200;

/** What these operations look at besides the namespace. */
export interface PersistView {
  readonly queue: PersistQueue;
  /** Files of others that were set aside since the start. */
  readonly setAside: () => number;
}

/** What is shown of one file; `request` is undefined for a lost one. */
interface Shown {
  readonly file: InodeId;
  readonly sinceMs: number;
  readonly length: number;
  readonly request: PersistRequest | undefined;
}

/**
 * ListPersistQueue: what waits to be persisted at or below a path, oldest first, and files that are lost. One who is no super user
 * has to be able to list the path, and sees what he can reach.
 */
export async function listPersistQueue(
  view: PersistView,
  c: FileContext,
  request: ns.ListPersistQueueRequest,
  user: string,
): Promise<ns.ListPersistQueueReply> {
  const below = normalPath(request.path ?? '/');
  const walk = c.tree.walk(below);
  c.permissions.requireTraverse(user, walk);
  if (requireFound(walk).kind === 'directory') c.permissions.require(user, walk, READ);
  const limit = Math.min(MOST_ENTRIES, Math.max(0, request.limit ?? DEFAULT_ENTRIES));
  const scan = new QueueScan(view, c, below, request.afterFileId as InodeId | undefined, limit);
  await scan.run();
  const entries = scan.oldest().flatMap((shown) => entryOf(c, shown, user) ?? []);
  const reply: ns.ListPersistQueueReply = {
    entries,
    total: BigInt(scan.total),
    totalBytes: BigInt(scan.bytes),
    paused: pausedMounts(view, c),
    running: BigInt(scan.running),
    held: BigInt(scan.held),
    lost: BigInt(scan.lost),
    setAside: BigInt(view.setAside()),
  };
  if (scan.total > 0) reply.oldestSinceMs = BigInt(Math.floor(scan.oldestSinceMs));
  return settled(c, reply);
}

/** One look at everything that waits, in slices, keeping the few that are shown. */
class QueueScan {
  total = 0;
  bytes = 0;
  running = 0;
  held = 0;
  lost = 0;
  oldestSinceMs = Infinity;
  readonly #view: PersistView;
  readonly #c: FileContext;
  readonly #below: NormalPath;
  readonly #after: { readonly sinceMs: number; readonly file: InodeId } | undefined;
  readonly #limit: number;
  #shown: Shown[] = [];

  constructor(view: PersistView, c: FileContext, below: NormalPath, after: InodeId | undefined, limit: number) {
    this.#view = view;
    this.#c = c;
    this.#below = below;
    this.#limit = limit;
    if (after === undefined) return;
    const inode = c.tree.get(after);
    if (inode?.kind !== 'file') throw fail('aborted', `Cannot go on after the file ${after}: it is gone; list from the beginning`);
    this.#after = { file: after, sinceMs: c.tree.persistence.describe(inode).sinceMs };
  }

  async run(): Promise<void> {
    const { tree } = this.#c;
    const pace = new Pace(this.#c.clock);
    for (const request of this.#view.queue.requests()) {
      if (this.#isBelow(request.file)) this.#waiting(request);
      if (pace.due) await pace.rest();
    }
    for (const id of tree.persistence.lost()) {
      const inode = tree.get(id);
      if (inode?.kind === 'file' && this.#isBelow(id)) {
        this.lost++;
        this.#show({ file: id, sinceMs: tree.persistence.describe(inode).sinceMs, length: inode.length, request: undefined });
      }
      if (pace.due) await pace.rest();
    }
  }

  oldest(): readonly Shown[] {
    return this.#shown.sort(byAge).slice(0, this.#limit);
  }

  #isBelow(file: InodeId): boolean {
    if (this.#below === ROOT_PATH) return true;
    const path = this.#c.tree.pathOf(file);
    return path !== undefined && isWithin(path, this.#below);
  }

  #waiting(request: PersistRequest): void {
    const { file, sinceMs, length } = request;
    this.total++;
    this.bytes += length;
    if (request.isBusy) this.running++;
    else if (heldBy(this.#c, request) !== undefined) this.held++;
    this.oldestSinceMs = Math.min(this.oldestSinceMs, sinceMs);
    this.#show({ file, sinceMs, length, request });
  }

  #show(shown: Shown): void {
    if (this.#after !== undefined && byAge(shown, { ...this.#after, length: 0, request: undefined }) <= 0) return;
    this.#shown.push(shown);
    // Cut now and then, so that the memory is that of what is shown.
    if (this.#shown.length >= 2 * this.#limit + DEFAULT_ENTRIES) this.#shown = [...this.oldest()];
  }
}

function byAge(a: Shown, b: Shown): number {
  if (a.sinceMs !== b.sinceMs) return a.sinceMs - b.sinceMs;
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

/** Why a file waits that could be tried. */
function heldBy(c: FileContext, request: PersistRequest): string | undefined {
  if (request.held !== undefined) return request.held;
  const path = c.tree.pathOf(request.file);
  return path === undefined ? undefined : whyNotPersisted(c, c.mounts.resolve(path));
}

function entryOf(c: FileContext, shown: Shown, user: string): ns.PersistQueueEntry | undefined {
  const path = c.tree.pathOf(shown.file);
  const inode = c.tree.get(shown.file);
  if (path === undefined || inode?.kind !== 'file' || !mayReach(c, path, user)) return undefined;
  const entry: ns.PersistQueueEntry = {
    fileId: shown.file,
    path,
    length: BigInt(shown.length),
    sinceMs: BigInt(Math.floor(shown.sinceMs)),
    ...(shown.request === undefined ? lostEntry(c, inode) : waitingEntry(c, shown.request)),
  };
  if (entry.lastError === '') delete entry.lastError;
  if (entry.lastAttemptMs === 0n) delete entry.lastAttemptMs;
  if (entry.nextAttemptMs === 0n) delete entry.nextAttemptMs;
  return entry;
}

function waitingEntry(c: FileContext, request: PersistRequest): ns.PersistQueueEntry {
  const held = request.isBusy ? undefined : heldBy(c, request);
  const entry: ns.PersistQueueEntry = {
    attempts: request.attempts,
    lastError: request.lastError ?? held ?? '',
    lastAttemptMs: BigInt(request.lastAttemptMs ?? 0),
    nextAttemptMs: request.isBusy || held !== undefined ? 0n : BigInt(Math.floor(request.nextAttemptMs ?? 0)),
    state: stateOf(request, held),
  };
  if (request.order?.worker !== undefined) entry.workerId = request.order.worker;
  return entry;
}

function stateOf(request: PersistRequest, held: string | undefined): string {
  if (request.state === 'running') return 'RUNNING';
  if (request.state === 'finishing') return 'FINISHING';
  return held === undefined ? 'WAITING' : 'PAUSED';
}

function lostEntry(c: FileContext, inode: FileInode): ns.PersistQueueEntry {
  const record = c.tree.persistence.record(inode.id);
  return {
    state: 'LOST',
    attempts: record?.attempts ?? 0,
    lastError: record?.lastError ?? 'no worker that is here has all of its blocks',
    lastAttemptMs: BigInt(record?.lastAttemptMs ?? 0),
  };
}

function mayReach(c: FileContext, path: NormalPath, user: string): boolean {
  if (c.permissions.isSuper(user)) return true;
  try {
    c.permissions.requireTraverse(user, c.tree.walk(path));
    return true;
  } catch {
    return false;
  }
}

/** Mounts that nothing is persisted to now, by an operator's word, because they may not be written, or because the store is busy. */
function pausedMounts({ queue }: PersistView, c: FileContext): ns.PausedMount[] {
  const waiting = new Map<NormalPath, number>();
  const busy = new Map<NormalPath, string>();
  for (const lane of queue.lanes()) {
    waiting.set(lane.mount, lane.ready);
    const trouble = lane.trouble(c.clock.monotonicMs());
    if (trouble !== undefined) busy.set(lane.mount, `the store is busy or away: ${trouble}`);
  }
  const out: ns.PausedMount[] = [];
  for (const mount of c.mounts.all()) {
    const count = waiting.get(mount.path) ?? 0;
    const paused = c.tree.persistence.pauseOf(mount.id) !== undefined;
    const reason = whyNotPersisted(c, mount) ?? busy.get(mount.path);
    // A mount that is always read-only and that nothing waits for is not worth a line.
    if (reason === undefined || (!paused && count === 0 && !busy.has(mount.path))) continue;
    out.push({ path: mount.path, ufsUri: mount.ufsUri, reason, waiting: BigInt(count) });
  }
  return out;
}

/** PausePersist: nothing is persisted to a mount until an operator lets it go on. */
export async function pausePersist(
  { queue }: PersistView,
  c: FileContext,
  request: ns.PausePersistRequest,
  user: string,
): Promise<ns.PausePersistReply> {
  c.permissions.requireSuper(user);
  const path = normalPath(request.path ?? '');
  const mount = c.mounts.at(path);
  if (mount === undefined) throw fail('invalidArgument', `Cannot pause persistence to "${path}": a mount point wanted`);
  const paused = request.paused ?? true;
  if (paused || c.tree.persistence.pauseOf(mount.id) !== undefined)
    await c.committer.commit([pauseEntry(mount.id, paused ? (request.reason ?? '').slice(0, MAX_REASON_CHARS) : undefined)]);
  c.log.info(paused ? 'persistence paused' : 'persistence goes on', { mount: path, user });
  queue.wake();
  return {};
}
