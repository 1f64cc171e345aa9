import type { NormalPath } from '@alluvium/base';

interface Place {
  path: NormalPath;
  done: boolean;
}

/** How far a walk is done with, whose files end in another order than they began: no file before `at` is open. */
export class WalkCursor {
  #at: NormalPath | undefined;
  readonly #open: Place[] = [];

  constructor(at: NormalPath | undefined) {
    this.#at = at;
  }

  get at(): NormalPath | undefined {
    return this.#at;
  }

  /** Something that there is nothing to do for. */
  passed(path: NormalPath): void {
    const last = this.#open.at(-1);
    if (last === undefined) this.#at = path;
    else if (last.done) last.path = path;
    else this.#open.push({ path, done: true });
  }

  /** A file is begun; what is answered is called when it is done with. */
  begun(path: NormalPath): () => void {
    const place = { path, done: false };
    this.#open.push(place);
    return () => {
      place.done = true;
      while (this.#open[0]?.done === true) this.#at = this.#open.shift()!.path;
    };
  }
}
