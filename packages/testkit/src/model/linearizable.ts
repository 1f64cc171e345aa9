/** One operation of a concurrent history. Times are places in one order of all beginnings and ends. */
export interface HistoryEntry<State> {
  readonly start: number;
  readonly end: number;
  readonly what: string;
  /** The states in which the operation may have left the object, given its outcome; none when it cannot have happened in `state`. */
  readonly after: (state: State) => readonly State[];
}

/**
 * Whether the operations can be put into an order, each at a moment between its beginning and its end, in which a single object
 * would have given the same outcomes (Wing and Gong 1993). Answers the operations of the longest possible beginning when not.
 */
export function stuckAfter<State>(
  history: readonly HistoryEntry<State>[],
  initial: State,
  keyOf: (state: State) => string,
): readonly string[] | undefined {
  const entries = [...history].sort((a, b) => a.start - b.start);
  const seen = new Set<string>();
  let longest: readonly string[] = [];
  interface Place {
    readonly state: State;
    readonly done: ReadonlySet<number>;
    /** Everything before this is done. */
    readonly from: number;
    readonly order: readonly string[];
  }
  const open: Place[] = [{ state: initial, done: new Set(), from: 0, order: [] }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place.order.length > longest.length) longest = place.order;
    if (place.from === entries.length) return undefined;
    const key = `${place.from} ${[...place.done].sort((a, b) => a - b).join(',')} ${keyOf(place.state)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    let firstEnd = Number.POSITIVE_INFINITY;
    for (let i = place.from; i < entries.length && entries[i]!.start < firstEnd; i++)
      if (!place.done.has(i)) firstEnd = Math.min(firstEnd, entries[i]!.end);
    for (let i = place.from; i < entries.length && entries[i]!.start < firstEnd; i++) {
      if (place.done.has(i)) continue;
      for (const state of entries[i]!.after(place.state)) {
        const done = new Set(place.done).add(i);
        let from = place.from;
        while (done.delete(from)) from++;
        open.push({ state, done, from, order: [...place.order, entries[i]!.what] });
      }
    }
  }
  return longest;
}
