// Goes through all files below a path, in the order of names, each directory before what is in it. It holds a few names at a time and
// can begin after any path, so that a job of any size goes on where it stood.
import { isWithin, joinPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { FileContext } from '../file/context.js';
import { EXECUTE, READ } from '../file/permissions.js';
import { ttlOf } from '../file/plan.js';
import { isFound, requireFound, type Walk } from '../file/walk.js';
import { Pace } from '../task/pace.js';

export interface Visited {
  readonly inode: Inode;
  readonly path: NormalPath;
  /** Why what is below a directory is passed over. */
  readonly refused?: string;
}

/** Names that are held at a time, per level. */
const NAMES = 200;

/** The path as it is now, loaded from its store when it is not known. Throws what its user may not see. */
export async function findPath(c: FileContext, path: NormalPath, user: string): Promise<Walk> {
  let walk = c.tree.walk(path);
  if (!isFound(walk) && !c.absent.has(path)) {
    c.permissions.requireTraverse(user, walk);
    await c.loader.loadPath(c, path, ttlOf(undefined));
    walk = c.tree.walk(path);
  }
  c.permissions.requireTraverse(user, walk);
  requireFound(walk);
  return walk;
}

/** Everything at and below a path, directories too, after `after`. */
export async function* walkFiles(
  c: FileContext,
  user: string,
  path: NormalPath,
  after: NormalPath | undefined,
): AsyncGenerator<Visited, void> {
  const walk = await findPath(c, path, user);
  const root = requireFound(walk);
  const begins =
    after !== undefined && isWithin(after, path)
      ? after
          .slice(path.length)
          .split('/')
          .filter((name) => name !== '')
      : [];
  if (after === undefined) yield { inode: root, path };
  if (root.kind === 'directory') yield* new FileWalk(c, user).below(root, path, begins);
}

class FileWalk {
  readonly #c: FileContext;
  readonly #user: string;
  readonly #pace: Pace;

  constructor(c: FileContext, user: string) {
    this.#c = c;
    this.#user = user;
    this.#pace = new Pace(c.clock);
  }

  async *below(directory: DirectoryInode, path: NormalPath, after: readonly string[]): AsyncGenerator<Visited, void> {
    const refused = await this.#enter(directory, path);
    if (refused !== undefined) return yield { inode: directory, path, refused };
    const { tree } = this.#c;
    const [first, ...rest] = after;
    if (first !== undefined) {
      const child = tree.child(directory.id, first);
      if (child?.kind === 'directory') yield* this.below(child, joinPath(path, first), rest);
    }
    for (let last = first; ;) {
      const names = this.#names(directory, last);
      for (const name of names) {
        if (this.#pace.spent()) await this.#pace.rest();
        const child = tree.child(directory.id, name);
        if (child === undefined) continue;
        const at = joinPath(path, name);
        yield { inode: child, path: at };
        if (child.kind === 'directory') yield* this.below(child, at, []);
      }
      if (names.length < NAMES) return;
      last = names.at(-1);
    }
  }

  /** Copied out, since the directory may change before they are looked at. */
  #names(directory: DirectoryInode, after: string | undefined): string[] {
    const names: string[] = [];
    for (const child of this.#c.tree.children(directory.id, after)) if (names.push(child.name) === NAMES) break;
    return names;
  }

  async #enter(directory: DirectoryInode, path: NormalPath): Promise<string | undefined> {
    if (!this.#c.permissions.allows(this.#user, directory, READ | EXECUTE))
      return `Permission denied: ${this.#user} may not list "${path}"`;
    if (!directory.childrenLoaded && !this.#c.absent.has(path)) await this.#c.loader.loadChildren(this.#c, path, ttlOf(undefined));
    return undefined;
  }
}
