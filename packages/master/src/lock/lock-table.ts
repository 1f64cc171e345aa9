import { ROOT_PATH, parentPath, type NormalPath } from '@alluvium/base';

/**
 * What an operation does to the inode of a path and to its edge, the name under which the parent has it. Above the path everything
 * is read: no ancestor may change or go while something below is locked. As Alluxio's modes.
 *
 *                inode    edge
 *   READ         read     read     it is looked at, or its children are
 *   WRITE_INODE  write    read     it changes and stays where it is
 *   WRITE_EDGE   write    write    it appears, goes or moves, with all that is below
 */
export type LockMode = 'READ' | 'WRITE_INODE' | 'WRITE_EDGE';

export interface LockClaim {
  readonly path: NormalPath;
  readonly mode: LockMode;
}

/** Somebody with claims: each is granted, or waits, with all of them at once. */
export interface Ticket {
  /** In order of arrival. */
  readonly sequence: number;
  readonly claims: readonly LockClaim[];
}

interface Waiting<T> {
  /** All that wait for this very path, in order. */
  readonly here: Set<T>;
  /** Those of them that write. */
  readonly writers: Set<T>;
  /** Those that wait for something below. */
  readonly below: Set<T>;
}

/** One path with claims at it or below. Who writes an inode keeps out who reads it, and below every path its inode is read. */
interface Node<T> {
  readers: number;
  writers: number;
  below: number;
  waiting: Waiting<T> | undefined;
}

/**
 * Claims that are held, and those that wait, per path and per ancestor: a conflict is found in as many look-ups as the path is
 * deep, however many claims there are.
 */
export class LockTable<T extends Ticket> {
  readonly #nodes = new Map<NormalPath, Node<T>>();

  get empty(): boolean {
    return this.#nodes.size === 0;
  }

  /** Whether the claim has to wait for what is held, or for who waits and came before `sequence`. */
  conflicts({ path, mode }: LockClaim, sequence = Infinity): boolean {
    const here = this.#nodes.get(path);
    if (here !== undefined) {
      if (here.writers > 0 || isBefore(here.waiting?.writers, sequence)) return true;
      if (mode !== 'READ') {
        if (here.readers > 0 || here.below > 0) return true;
        if (isBefore(here.waiting?.here, sequence) || isBefore(here.waiting?.below, sequence)) return true;
      }
    }
    for (let at = path; at !== ROOT_PATH;) {
      at = parentPath(at);
      const above = this.#nodes.get(at);
      if (above !== undefined && (above.writers > 0 || isBefore(above.waiting?.writers, sequence))) return true;
    }
    return false;
  }

  /** Whether somebody holds this very path for writing. */
  isWritten(path: NormalPath): boolean {
    return (this.#nodes.get(path)?.writers ?? 0) > 0;
  }

  /** Grants the ticket. */
  hold(ticket: T): void {
    for (const claim of ticket.claims) this.#count(claim, 1);
  }

  release(ticket: T): void {
    for (const claim of ticket.claims) this.#count(claim, -1);
  }

  queue(ticket: T): void {
    for (const { path, mode } of ticket.claims) {
      const { here, writers } = this.#waitingAt(path);
      here.add(ticket);
      if (mode !== 'READ') writers.add(ticket);
      for (let at = path; at !== ROOT_PATH;) this.#waitingAt((at = parentPath(at))).below.add(ticket);
    }
  }

  unqueue(ticket: T): void {
    for (const { path } of ticket.claims) {
      for (let at = path; ; at = parentPath(at)) {
        const node = this.#nodes.get(at);
        if (node?.waiting !== undefined) {
          const { here, writers, below } = node.waiting;
          here.delete(ticket);
          writers.delete(ticket);
          below.delete(ticket);
          if (here.size === 0 && below.size === 0) node.waiting = undefined;
          this.#forget(at, node);
        }
        if (at === ROOT_PATH) break;
      }
    }
  }

  /**
   * Offers every waiting ticket that `gone` may have kept back to `grant`, which answers whether it was granted; one that writes and
   * was not keeps back the others of its path.
   */
  offer(gone: T, grant: (ticket: T) => boolean): void {
    for (const { path } of gone.claims) {
      for (let at = path; at !== ROOT_PATH;) {
        at = parentPath(at);
        for (const ticket of this.#nodes.get(at)?.waiting?.writers ?? []) if (!grant(ticket)) break;
      }
      const waiting = this.#nodes.get(path)?.waiting;
      if (waiting === undefined) continue;
      for (const ticket of waiting.here) if (!grant(ticket) && waiting.writers.has(ticket)) break;
      for (const ticket of waiting.below) grant(ticket);
    }
  }

  #count({ path, mode }: LockClaim, by: number): void {
    const here = this.#of(path);
    if (mode === 'READ') here.readers += by;
    else here.writers += by;
    this.#forget(path, here);
    for (let at = path; at !== ROOT_PATH;) {
      at = parentPath(at);
      const above = this.#of(at);
      above.below += by;
      this.#forget(at, above);
    }
  }

  #waitingAt(path: NormalPath): Waiting<T> {
    return (this.#of(path).waiting ??= { here: new Set(), writers: new Set(), below: new Set() });
  }

  #of(path: NormalPath): Node<T> {
    let node = this.#nodes.get(path);
    if (node === undefined) this.#nodes.set(path, (node = { readers: 0, writers: 0, below: 0, waiting: undefined }));
    return node;
  }

  #forget(path: NormalPath, node: Node<T>): void {
    if (node.readers === 0 && node.writers === 0 && node.below === 0 && node.waiting === undefined) this.#nodes.delete(path);
  }
}

/** Sets of tickets are in order of arrival, so the first tells. */
function isBefore(tickets: Set<Ticket> | undefined, sequence: number): boolean {
  if (tickets === undefined) return false;
  for (const first of tickets) return first.sequence < sequence;
  return false;
}
