import type { Inode } from '@alluvium/metastore';

/**
 * Finds the children of a directory that its store does not list, while the listing streams in. Children and listing come in nearly
 * the same order, by name, so only what one is ahead of the other is held; any other order is right as well, and costs memory.
 */
export class NameMerge {
  readonly #children: Iterator<Inode>;
  #next: Inode | undefined;
  #begun = false;
  /** Listed names whose child has not come up yet. */
  readonly #ahead = new Set<string>();
  /** Children that have come up and were not listed so far. */
  readonly #missing = new Map<string, Inode>();

  /** `children` in the order of their names. */
  constructor(children: Iterator<Inode>) {
    this.#children = children;
  }

  /** Whether children come before a name that have not come up yet: {@link step} until it is false, then {@link listed}. */
  isBehind(name: string): boolean {
    const child = this.#peek();
    return child !== undefined && child.name < name;
  }

  /** Lets one child come up; false when there is none left. */
  step(): boolean {
    const child = this.#peek();
    if (child === undefined) return false;
    if (!this.#ahead.delete(child.name)) this.#missing.set(child.name, child);
    this.#advance();
    return true;
  }

  /** The store has listed a name; `known`: the directory has a child of it. */
  listed(name: string, known: boolean): void {
    if (this.#peek()?.name === name) this.#advance();
    else if (known && !this.#missing.delete(name)) this.#ahead.add(name);
  }

  /** How many names are held at the moment. */
  get held(): number {
    return this.#ahead.size + this.#missing.size;
  }

  /** The children that were never listed. When all have come up and the listing has ended. */
  missing(): IterableIterator<Inode> {
    return this.#missing.values();
  }

  #peek(): Inode | undefined {
    if (!this.#begun) this.#advance();
    return this.#next;
  }

  #advance(): void {
    this.#begun = true;
    const next = this.#children.next();
    this.#next = next.done === true ? undefined : next.value;
  }
}
