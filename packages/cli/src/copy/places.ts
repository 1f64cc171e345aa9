// What the paths of a copying command mean.
import type { Session } from '../session.js';
import { UsageError } from '../exit-code.js';
import { expandPath } from '../paths/glob.js';
import { ClusterTree } from './cluster-tree.js';
import { LocalTree, STDIN } from './local-tree.js';
import type { Place } from './tree.js';

/** `file:///a`, `file:/a` or `file://host/a` say a file of this machine. */
export function localPathOf(text: string): string | undefined {
  const match = /^file:(?:\/\/[^/]*)?(\/.*)$/s.exec(text);
  return match === null ? undefined : match[1]!;
}

/** The sources and the target of `cp SOURCE... TARGET`. */
export function splitPaths(paths: readonly string[]): { readonly sources: readonly string[]; readonly target: string } {
  if (paths.length < 2) throw new UsageError('what to copy and where to are wanted');
  return { sources: paths.slice(0, -1), target: paths.at(-1)! };
}

/** Finds the places of one command; both sides of a copy inside one tree share it. */
export class Places {
  readonly #session: Session;
  readonly #local: LocalTree;
  #cluster: ClusterTree | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#local = new LocalTree(session.context);
  }

  /** A file of this machine, `file://` or not, relative or not. */
  local(text: string): Place {
    return { tree: this.#local, path: text === STDIN ? STDIN : this.#session.context.local.resolve(localPathOf(text) ?? text) };
  }

  async cluster(text: string): Promise<Place> {
    const path = this.#session.path(text);
    this.#cluster ??= new ClusterTree(await this.#session.fileSystem(), this.#session.context.random, this.#session.signal);
    return { tree: this.#cluster, path };
  }

  /** The paths of the cluster that the patterns stand for. What stands for nothing is reported. */
  async clusterSources(patterns: readonly string[]): Promise<Place[]> {
    const paths = patterns.map((pattern) => this.#session.path(pattern));
    const fileSystem = await this.#session.fileSystem();
    const out: Place[] = [];
    for (const pattern of paths) {
      await this.#session.attempt(pattern, async () => {
        for (const path of await expandPath(fileSystem, pattern, this.#session.signal)) out.push(await this.cluster(path));
      });
    }
    return out;
  }
}
