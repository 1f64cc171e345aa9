import type { BlockId, ContainerId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { BlockStore } from '@alluvium/metastore';
import type { BinaryReader } from '@alluvium/wire';

/** Containers are reserved in the journal this many at a time, so a create rarely journals a reservation (Alluxio's step). */
const RESERVATION = 1000n;
/** JournalEntry.block_info */
const BLOCK_INFO = 4;
/** Container 0 belongs to directories. */
const FIRST_FILE_CONTAINER = 1n;

/** The journaled part of the block master: lengths of blocks and the container id generator. */
export class BlockState {
  readonly #blocks: BlockStore;
  /** Containers below this are reserved; after a restart counting goes on from here. */
  #reserved = FIRST_FILE_CONTAINER;
  /** The next container to hand out; undefined until the first one after a start. Soft: it also counts what was refused. */
  #next: bigint | undefined;
  /** The plan that a reservation was last added to, and up to where: one reservation does for a plan. */
  #planned: { readonly plan: JournalEntry[]; readonly reserved: bigint } | undefined;

  constructor(blocks: BlockStore) {
    this.#blocks = blocks;
  }

  get blockCount(): number {
    return this.#blocks.size;
  }

  /** Whether a container may be handed out some time. */
  isAhead(container: ContainerId): boolean {
    return container >= this.#reserved;
  }

  /** The journaled reservation past a container that is in use, and no longer ahead once this is applied. */
  planPast(container: ContainerId): JournalEntry[] {
    if (this.#next !== undefined && this.#next <= container) this.#next = container + 1n;
    return this.isAhead(container) ? [{ blockContainerIdGenerator: { nextContainerId: container + 1n } }] : [];
  }

  /** Blocks with their lengths at this moment, taken lazily. */
  lengths(): Iterator<[BlockId, number]> {
    return this.#blocks.snapshot();
  }

  length(id: BlockId): number | undefined {
    return this.#blocks.length(id);
  }

  nextContainer(plan: JournalEntry[]): ContainerId {
    const next = this.#next ?? this.#reserved;
    if (next >= this.#reserved && !(this.#planned?.plan === plan && next < this.#planned.reserved)) {
      // From `next`, not from what is reserved: while the journal refuses, containers are taken that no reservation covers.
      const reserved = next + RESERVATION;
      plan.push({ blockContainerIdGenerator: { nextContainerId: reserved } });
      this.#planned = { plan, reserved };
    }
    this.#next = next + 1n;
    return next as ContainerId;
  }

  apply(entry: JournalEntry): boolean {
    if (entry.blockInfo !== undefined) {
      this.#blocks.put(entry.blockInfo.blockId as BlockId, Number(entry.blockInfo.length ?? 0n));
    } else if (entry.deleteBlock !== undefined) {
      this.#blocks.remove(entry.deleteBlock.blockId as BlockId);
    } else if (entry.blockContainerIdGenerator !== undefined) {
      const reserved = entry.blockContainerIdGenerator.nextContainerId ?? 0n;
      if (reserved > this.#reserved) this.#reserved = reserved;
      this.#planned = undefined;
    } else {
      return false;
    }
    return true;
  }

  /** See JournaledState.applyEncoded. */
  applyEncoded(field: number, reader: BinaryReader, length: number): boolean {
    if (field !== BLOCK_INFO) return false;
    const end = reader.pos + length;
    if (reader.uint32() !== 1 << 3) return false;
    const id = reader.int64();
    if (reader.uint32() !== 2 << 3) return false;
    const bytes = reader.int64AsNumber();
    if (reader.pos !== end) return false;
    this.#blocks.put(id as BlockId, bytes);
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    return entriesOf(this.#reserved, this.#blocks.snapshot());
  }
}

function* entriesOf(reserved: bigint, blocks: Iterator<[BlockId, number]>): Generator<JournalEntry> {
  try {
    yield { blockContainerIdGenerator: { nextContainerId: reserved } };
    for (let next = blocks.next(); next.done !== true; next = blocks.next()) {
      yield { blockInfo: { blockId: next.value[0], length: BigInt(next.value[1]) } };
    }
  } finally {
    blocks.return?.();
  }
}
