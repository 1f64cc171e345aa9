// Room in the directories: who gets it and who makes it. A claim stands before the first await, so two never share the same room.
import { sleep, type Clock } from '@alluvium/base';
import { acceptAll, type Allocator, type Reviewer } from './allocator.js';
import type { Annotator } from './annotator.js';
import { PARTIAL, type BlockTable } from './block-table.js';
import type { CacheClasses } from './cache-classes.js';
import { EvictionOrder } from './eviction-order.js';
import { GroupBytes } from './group-bytes.js';
import { placementOrder, type Place } from './placement.js';
import type { StorageDirectory } from './storage-directory.js';
import { bytesTaken, isHeld, takeVictims, type VictimRules } from './victims.js';

export interface RoomOptions {
  readonly clock: Clock;
  readonly table: BlockTable;
  readonly directories: readonly StorageDirectory[];
  readonly allocator: Allocator;
  readonly reviewer: Reviewer;
  readonly annotator: Annotator;
  readonly classes: CacheClasses;
  /** Freed beyond what is needed when something has to go. */
  readonly freeAheadBytes: number;
  readonly isProtected: (slot: number) => boolean;
  /** Changes when a block may have lost its protection; undefined when that is not known. */
  readonly protectionVersion: () => number | undefined;
  /** Takes a block out of service; synchronous up to where its bytes count as free. Resolves when its files are gone. */
  readonly evict: (slot: number, isAhead: boolean) => Promise<void>;
}

/** Parked blocks that are looked at in one stretch of the event loop. */
const LOOKS = 1000;

export class Room {
  readonly #o: RoomOptions;
  readonly #orders: EvictionOrder[];
  readonly #rules: VictimRules;
  /** By directory, the version of protection under which no parked block could go. */
  readonly #fruitless = new Map<StorageDirectory, number>();
  readonly #groupBytes: GroupBytes;

  constructor(options: RoomOptions) {
    this.#o = options;
    const { table, classes } = options;
    this.#orders = options.directories.map(() => new EvictionOrder(table));
    this.#groupBytes = new GroupBytes(options.clock, table);
    this.#rules = { table, isProtected: options.isProtected, rank: (slot) => classes.rank(table.groupOf(slot)) };
  }

  /** A block has come into its directory, used just now or, at a start, when its file was last changed. */
  entered(slot: number, foundMs?: number): void {
    const { table, annotator, classes } = this.#o;
    table.setKey(slot, foundMs === undefined ? annotator.used(undefined) : annotator.found(foundMs));
    table.setGroup(slot, classes.group(table.idOf(slot)));
    this.returned(slot);
  }

  /** A block that has its key is in the order of its directory again. What takes no room makes none. */
  returned(slot: number): void {
    const { table } = this.#o;
    this.#groupBytes.came(slot);
    if (table.lengthOf(slot) > 0 || table.has(slot, PARTIAL)) this.#orderOf(slot).add(slot);
  }

  used(slot: number): void {
    const { table, annotator } = this.#o;
    table.setKey(slot, annotator.used(table.keyOf(slot)));
    this.#orderOf(slot).rekeyed(slot);
  }

  left(slot: number): void {
    this.#groupBytes.left(slot);
    this.#orderOf(slot).remove(slot);
  }

  /** The class of the block has changed. */
  regroup(slot: number): void {
    const { table, classes } = this.#o;
    const group = classes.group(table.idOf(slot));
    if (table.groupOf(slot) === group) return;
    const order = this.#orderOf(slot);
    const wasIn = order.has(slot);
    order.remove(slot);
    this.#groupBytes.left(slot);
    table.setGroup(slot, group);
    this.#groupBytes.came(slot);
    if (wasIn) order.add(slot);
  }

  /** Bytes of all blocks of the group, whole and partial, in all directories. */
  groupBytes(group: number): number {
    return this.#groupBytes.of(group);
  }

  /**
   * Evicts blocks of these groups, the coldest first, until so many bytes are free or none may go; answers how many are. At most so many
   * blocks are looked at that further ones may be left.
   */
  evictGroups(groups: ReadonlySet<number>, bytes: number): number {
    this.#groupBytes.changed();
    let freed = this.#evictOf(groups, bytes);
    if (freed >= bytes) return freed;
    for (const order of this.#orders) order.look(order.parkedCount, LOOKS, this.#o.isProtected);
    freed += this.#evictOf(groups, bytes - freed);
    this.#groupBytes.changed();
    return freed;
  }

  #evictOf(groups: ReadonlySet<number>, bytes: number): number {
    const { table, isProtected } = this.#o;
    const held: number[] = [];
    let freed = 0;
    for (let looks = LOOKS; freed < bytes && looks > 0; looks--) {
      const slot = this.#coldestOf(groups);
      if (slot === undefined) break;
      const takes = bytesTaken(table, slot);
      if (!table.has(slot, PARTIAL) && isProtected(slot)) this.#orderOf(slot).park(slot);
      else if (takes === 0 || isHeld(table, slot)) {
        this.#orderOf(slot).remove(slot);
        held.push(slot);
      } else {
        freed += takes;
        void this.#o.evict(slot, false);
      }
    }
    for (const slot of held) this.#orderOf(slot).add(slot);
    return freed;
  }

  #coldestOf(groups: ReadonlySet<number>): number | undefined {
    let coldest: number | undefined;
    for (const order of this.#orders) {
      const slot = order.first(this.#rules.rank, groups)?.slot;
      if (slot !== undefined && (coldest === undefined || this.isBefore(slot, coldest))) coldest = slot;
    }
    return coldest;
  }

  /** Whether one block would go before another, were they in one directory. */
  isBefore(a: number, b: number): boolean {
    const { table } = this.#o;
    return (
      this.#rules.rank(a) - this.#rules.rank(b) < 0 || (this.#rules.rank(a) === this.#rules.rank(b) && table.keyOf(a) < table.keyOf(b))
    );
  }

  /** Which block of the directory would go first; undefined when none may. It stays. */
  coldest(directory: StorageDirectory): number | undefined {
    const order = this.#orders[directory.number]!;
    for (let looks = LOOKS; looks > 0; looks--) {
      const slot = order.first(this.#rules.rank)?.slot;
      if (slot === undefined) return undefined;
      if (this.#o.table.has(slot, PARTIAL) || !this.#o.isProtected(slot)) return slot;
      order.park(slot);
    }
    return undefined;
  }

  /**
   * Sets bytes aside where `place` asks for it, else elsewhere; where nothing is free, those make room that would go first. A directory
   * that has no room for `most`, up to which the caller will ask for more, is chosen only where none has, and one that could never take
   * it only where none could.
   */
  async place(place: Place, bytes: number, most = bytes): Promise<StorageDirectory | undefined> {
    const serving = this.#o.directories.filter((directory) => directory.state === 'serving');
    const fitting = serving.filter((directory) => directory.capacityBytes >= most);
    const open = fitting.length === 0 ? serving : fitting;
    const groups = placementOrder(open, place);
    for (const room of most > bytes ? [most, bytes] : [bytes]) {
      const directory = this.#withRoom(groups, room);
      if (directory === undefined) continue;
      directory.usedBytes += bytes;
      return directory;
    }
    for (const group of groups) {
      for (const directory of this.#coldestFirst(group)) if (await this.reserve(directory, bytes)) return directory;
    }
    return undefined;
  }

  #withRoom(groups: readonly StorageDirectory[][], bytes: number): StorageDirectory | undefined {
    for (const review of [this.#o.reviewer, acceptAll]) {
      for (const group of groups) {
        const able = group.filter((directory) => directory.availableBytes >= bytes && review(directory, bytes));
        if (able.length > 0) return this.#o.allocator.choose(able);
      }
    }
    return undefined;
  }

  /** Sets bytes aside, evicting for them. */
  async reserve(directory: StorageDirectory, bytes: number): Promise<boolean> {
    this.#groupBytes.changed();
    for (;;) {
      if (directory.state !== 'serving') return false;
      const missing = bytes - directory.availableBytes;
      const victims = missing <= 0 ? [] : takeVictims(this.#orders[directory.number]!, missing, this.#o.freeAheadBytes, this.#rules);
      if (victims === 'later') {
        await sleep(this.#o.clock, 0);
      } else if (victims === undefined) {
        if (!(await this.#lookAtParked(directory))) return false;
      } else {
        let freed = 0;
        const gone = victims.map((slot) => {
          const isAhead = freed >= missing;
          freed += bytesTaken(this.#o.table, slot);
          return this.#o.evict(slot, isAhead);
        });
        directory.usedBytes += bytes;
        await Promise.all(gone);
        return true;
      }
    }
  }

  /** Sets bytes aside that are free now. */
  reserveFree(directory: StorageDirectory, bytes: number): boolean {
    if (directory.state !== 'serving' || directory.availableBytes < bytes) return false;
    directory.usedBytes += bytes;
    return true;
  }

  /** Whether any block that was protected may go now, and is in the order again. */
  async #lookAtParked(directory: StorageDirectory): Promise<boolean> {
    const order = this.#orders[directory.number]!;
    const version = this.#o.protectionVersion();
    if (order.parkedCount === 0 || (version !== undefined && this.#fruitless.get(directory) === version)) return false;
    const before = order.bytes;
    for (let from = order.parkedCount; from > 0;) {
      from = order.look(from, LOOKS, this.#o.isProtected);
      if (order.bytes > before) return true;
      if (from > 0) await sleep(this.#o.clock, 0);
    }
    if (version !== undefined) this.#fruitless.set(directory, version);
    return false;
  }

  #coldestFirst(group: readonly StorageDirectory[]): StorageDirectory[] {
    if (group.length < 2) return [...group];
    const { table } = this.#o;
    const firsts = group.map((directory) => ({ directory, first: this.#orders[directory.number]!.first(this.#rules.rank) }));
    firsts.sort((a, b) => {
      if (a.first === undefined || b.first === undefined) return a.first === b.first ? 0 : a.first === undefined ? 1 : -1;
      return a.first.rank - b.first.rank || table.keyOf(a.first.slot) - table.keyOf(b.first.slot);
    });
    return firsts.map(({ directory }) => directory);
  }

  #orderOf(slot: number): EvictionOrder {
    return this.#orders[this.#o.table.directoryOf(slot)]!;
  }
}
