// A rename of what is stored takes two steps, one in the store and one in the journal. Before the first the intent is journaled, as
// an extended attribute of the inode; the entry that renames takes it away again. After a crash in between the store is asked how
// far it went:
//
//   intent --> the store renames --> rename, intent gone
//        \--crash--> moved there? rename : intent gone
import {
  fail,
  isWithin,
  joinPath,
  messageOf,
  sleep,
  type BlockId,
  type Clock,
  type InodeId,
  type NormalPath,
  type Timer,
} from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { fileJournal } from '@alluvium/wire';
import type { LockClaim } from '../lock/lock-table.js';
import { storePath, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { planRemove, withOperationId } from './plan.js';
import type { OperationId } from './retry-cache.js';
import { parentOf, targetOf } from './walk.js';

/** The new path, and the operation's id in two numbers if it has one; lines. */
export const RENAME_INTENT = 'alluvium.rename';

const LOOK_MS = 5000;
const REPEAT_MS = 1000;
const MOST_LOADED = 1000;

export function intendRename(id: InodeId, to: NormalPath, operation: OperationId | undefined): JournalEntry {
  const lines = [to, ...(operation === undefined ? [] : [operation.mostSignificantBits ?? 0n, operation.leastSignificantBits ?? 0n])];
  return {
    updateInode: {
      id,
      xAttr: { [RENAME_INTENT]: Buffer.from(lines.join('\n')) },
      xAttrUpdateStrategy: fileJournal.XAttrUpdateStrategy.UNION_REPLACE,
    },
  };
}

export function endIntent(id: InodeId): JournalEntry {
  return {
    updateInode: { id, xAttr: { [RENAME_INTENT]: Buffer.alloc(0) }, xAttrUpdateStrategy: fileJournal.XAttrUpdateStrategy.DELETE_KEYS },
  };
}

function intentOf(inode: Inode | undefined): { readonly to: NormalPath; readonly operation: OperationId | undefined } | undefined {
  const text = inode?.xattr?.get(RENAME_INTENT);
  if (text === undefined) return undefined;
  const [to, most, least] = Buffer.from(text).toString().split('\n');
  const operation = most === undefined ? undefined : { mostSignificantBits: BigInt(most), leastSignificantBits: BigInt(least ?? '0') };
  return { to: to as NormalPath, operation };
}

/** What a rename holds: two claims of one operation must not conflict with each other. */
export function renameClaims(from: NormalPath, to: NormalPath): LockClaim[] {
  if (isWithin(to, from)) return [{ path: from, mode: 'WRITE_EDGE' }];
  if (isWithin(from, to)) return [{ path: to, mode: 'WRITE_EDGE' }];
  return [
    { path: from, mode: 'WRITE_EDGE' },
    { path: to, mode: 'WRITE_EDGE' },
  ];
}

export function renameEntry(id: InodeId, parent: InodeId, from: NormalPath, to: NormalPath, nowMs: number): JournalEntry {
  const newName = to.slice(to.lastIndexOf('/') + 1);
  return { rename: { id, opTimeMs: BigInt(nowMs), newParentId: parent, newName, path: from, newPath: to } };
}

/** Whether the store has moved it. Throws when it does not say. */
export async function hasMoved({ store }: Mount, from: string, to: string): Promise<boolean> {
  return (await store.status(from)) === undefined && (await store.status(to)) !== undefined;
}

/** Settles renames that were cut off, by a crash or because the store did not say whether it had done its part. */
export class InterruptedRenames {
  readonly #c: FileContext;
  readonly #clock: Clock;
  readonly #settling = new Map<InodeId, Promise<void>>();
  readonly #stop = new AbortController();
  #timer: Timer | undefined;

  constructor(c: FileContext) {
    this.#c = c;
    this.#clock = c.clock;
  }

  /** To be called before the first request is served: the paths concerned are held from now on until they are settled. */
  start(): void {
    for (const id of this.#c.tree.renaming()) {
      if (this.#settling.has(id)) continue;
      const settling = this.#settle(id)
        .catch((error: unknown) =>
          this.#c.log.debug('interrupted rename not settled yet', { inode: id.toString(), reason: messageOf(error) }),
        )
        .finally(() => this.#settling.delete(id));
      this.#settling.set(id, settling);
    }
    this.#timer = this.#clock.schedule(LOOK_MS, () => this.start());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort(fail('cancelled', 'The master stops'));
    await Promise.all(this.#settling.values());
  }

  async #settle(id: InodeId): Promise<void> {
    const c = this.#c;
    const from = c.tree.pathOf(id);
    const intent = intentOf(c.tree.get(id));
    if (from === undefined || intent === undefined) return;
    await c.locks.hold(renameClaims(from, intent.to), async () => {
      while (c.tree.pathOf(id) === from && intentOf(c.tree.get(id))?.to === intent.to) {
        try {
          await this.#settleLocked(id, from, intent.to, intent.operation);
        } catch (error) {
          c.log.warn('cannot settle a rename that was cut off; trying again', { from, to: intent.to, reason: messageOf(error) });
          await sleep(this.#clock, REPEAT_MS, this.#stop.signal);
        }
      }
    });
  }

  async #settleLocked(id: InodeId, from: NormalPath, to: NormalPath, operation: OperationId | undefined): Promise<void> {
    const c = this.#c;
    const mount = c.mounts.resolve(from);
    const moved = await hasMoved(mount, storePath(mount, from), storePath(mount, to));
    const target = c.tree.walk(to);
    const parent = parentOf(target);
    const loaded = loadedAt(c, targetOf(target), to);
    const nowMs = c.clock.nowMs();
    const plan = [endIntent(id)];
    const freed: BlockId[] = [];
    if (moved && parent?.kind === 'directory' && loaded !== undefined) {
      for (const [inode, at] of loaded) freed.push(...planRemove(plan, inode, at, nowMs, true));
      // What was made there meanwhile is found in the store again.
      if (c.tree.get(id)?.kind === 'directory' && loaded.length > 0)
        plan.push({ updateInodeDirectory: { id, directChildrenLoaded: false } });
      plan.push(renameEntry(id, parent.id, from, to, nowMs));
      withOperationId(plan, operation);
      c.absent.clear();
    }
    await c.committer.commit(plan);
    c.blocks.free(freed);
  }
}

/**
 * What was loaded from the store under the new name while it was not settled: it is the same thing. Children first; undefined when
 * something there is more than what the store has.
 */
function loadedAt(c: FileContext, target: Inode | undefined, path: NormalPath): (readonly [Inode, NormalPath])[] | undefined {
  const found: (readonly [Inode, NormalPath])[] = target === undefined ? [] : [[target, path]];
  for (let i = 0; i < found.length; i++) {
    const [inode, at] = found[i]!;
    if (inode.persistence !== 'PERSISTED' || found.length > MOST_LOADED) return undefined;
    if (inode.kind === 'directory') for (const child of c.tree.children(inode.id)) found.push([child, joinPath(at, child.name)]);
  }
  return found.reverse();
}
