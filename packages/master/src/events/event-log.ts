// The latest changes of the namespace in the order of their commits, for whoever watches. Kept in memory and bounded; a start fills
// it again from the part of the journal that it replays.
import { fail } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { StateObserver } from '../state.js';
import { eventOf, type EventSources, type NamespaceEvent } from './events-of.js';

/** Told of each event, and of the entry that means it, before that is applied. */
export type EventListener = (event: NamespaceEvent, entry: JournalEntry) => void;

export class EventLog implements StateObserver {
  readonly #sources: EventSources;
  readonly #capacity: number;
  /** A ring: the oldest event is at `#first`. */
  readonly #ring: NamespaceEvent[] = [];
  #first = 0;
  /** Of the newest commit seen, whether it made an event or not. */
  #head = 0;
  /** Commits up to here are not known: before the start, or pushed out. */
  #forgotten: number | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #listeners: EventListener[] = [];

  constructor(sources: EventSources, capacity: number) {
    this.#sources = sources;
    this.#capacity = capacity;
  }

  /** Of the newest commit. */
  get head(): number {
    return this.#head;
  }

  /** For as long as the master runs. */
  onEvent(listener: EventListener): void {
    this.#listeners.push(listener);
  }

  observe(entry: JournalEntry, sequence: number): void {
    this.#forgotten ??= sequence - 1;
    this.#head = sequence;
    const event = eventOf(this.#sources, entry, sequence);
    if (event !== undefined) {
      this.#add(event);
      for (const listener of this.#listeners) listener(event, entry);
    }
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  /** Everything up to `sequence` has been recovered; what made no event, or lies in a checkpoint, is not kept. */
  recovered(sequence: number): void {
    this.#head = sequence;
    this.#forgotten ??= sequence;
  }

  /**
   * What came after a commit, whole commits only, about `limit` events, and up to where that goes. Throws `outOfRange` for a commit
   * after which not everything is kept, and for one that has not been.
   */
  after(sequence: number, limit: number): { readonly events: readonly NamespaceEvent[]; readonly upTo: number } {
    if (sequence > this.#head)
      throw fail('outOfRange', `Cannot watch from ${sequence}: the last change is ${this.#head}; list again and watch from there`);
    if (sequence < (this.#forgotten ?? this.#head))
      throw fail('outOfRange', `Cannot watch from ${sequence}: changes are kept from ${this.#forgotten}; list again and watch from now`);
    const events: NamespaceEvent[] = [];
    for (let i = this.#indexAfter(sequence); i < this.#ring.length; i++) {
      const event = this.#at(i);
      if (events.length >= limit && event.sequence !== events.at(-1)!.sequence) return { events, upTo: events.at(-1)!.sequence };
      events.push(event);
    }
    return { events, upTo: this.#head };
  }

  /** Calls back once when something is committed; answers how to give that up. */
  whenChanged(callback: () => void): () => void {
    this.#waiting.add(callback);
    return () => this.#waiting.delete(callback);
  }

  #add(event: NamespaceEvent): void {
    const last = this.#ring.length === 0 ? undefined : this.#at(this.#ring.length - 1);
    if (last?.sequence === event.sequence && last.inode === event.inode) {
      // That an inode changed says nothing beside what else the same commit did to it.
      if (event.kind === 'CHANGED') return;
      if (last.kind === 'CHANGED') {
        this.#ring[(this.#first + this.#ring.length - 1) % this.#ring.length] = event;
        return;
      }
    }
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(event);
      return;
    }
    this.#forgotten = this.#ring[this.#first]!.sequence;
    this.#ring[this.#first] = event;
    this.#first = (this.#first + 1) % this.#capacity;
  }

  #at(index: number): NamespaceEvent {
    return this.#ring[(this.#first + index) % this.#ring.length]!;
  }

  /** The index of the first event after a commit. */
  #indexAfter(sequence: number): number {
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
