/** One operation of a concurrent history. Times are places in one order of all beginnings and ends. */
export interface HistoryEntry<State> {
  readonly start: number;
  /** Infinite where nobody has said that it is over. */
  readonly end: number;
  readonly what: string;
  /** The objects that it looks at or changes. */
  readonly touches: readonly string[];
  /** The states in which the operation may have left the objects, given its outcome; none when it cannot have happened in `state`. */
  readonly after: (state: State) => readonly State[];
}

/** Places of the search that are looked at before it gives up: a history that needs more says too little. */
const MAX_PLACES = 300_000;

/**
 * The history in parts that have no object in common: it is linearizable when each of them is (Herlihy and Wing 1990, locality).
 * Operations on several objects hold these together.
 */
export function partsOf<State>(history: readonly HistoryEntry<State>[]): HistoryEntry<State>[][] {
  const above = new Map<string, string>();
  const find = (object: string): string => {
    let at = object;
    for (let next = above.get(at); next !== undefined; next = above.get(at)) at = next;
    return at;
  };
  for (const { touches } of history)
    for (const object of touches) {
      const [a, b] = [find(touches[0]!), find(object)];
      if (a !== b) above.set(b, a);
    }
  const parts = new Map<string, HistoryEntry<State>[]>();
  for (const entry of history) {
    const part = find(entry.touches[0]!);
    const entries = parts.get(part);
    if (entries === undefined) parts.set(part, [entry]);
    else entries.push(entry);
  }
  return [...parts.values()];
}

/**
 * Whether the operations can be put into an order, each at a moment between its beginning and its end, in which the objects
 * would have given the same outcomes (Wing and Gong 1993). Answers the operations of the longest possible beginning when not.
 */
export function stuckAfter<State>(
  history: readonly HistoryEntry<State>[],
  initial: State,
  keyOf: (state: State) => string,
): readonly string[] | undefined {
  const entries = [...history].sort((a, b) => a.start - b.start);
  /** What nobody has heard of need not have happened. */
  const needed = entries.filter(({ end }) => end !== Number.POSITIVE_INFINITY).length;
  const seen = new Set<string>();
  let longest: readonly string[] = [];
  interface Place {
    readonly state: State;
    readonly done: ReadonlySet<number>;
    /** Everything before this is done. */
    readonly from: number;
    /** Of those that have ended. */
    readonly ended: number;
    readonly order: readonly string[];
  }
  const open: Place[] = [{ state: initial, done: new Set(), from: 0, ended: 0, order: [] }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place.order.length > longest.length) longest = place.order;
    if (place.ended === needed) return undefined;
    const key = `${place.from} ${[...place.done].sort((a, b) => a - b).join(',')} ${keyOf(place.state)}`;
    if (seen.has(key)) continue;
    if (seen.size === MAX_PLACES) return [...longest, 'and then too many orders are possible'];
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
        const ended = place.ended + (entries[i]!.end === Number.POSITIVE_INFINITY ? 0 : 1);
        open.push({ state, done, from, ended, order: [...place.order, entries[i]!.what] });
      }
    }
  }
  return longest;
}
