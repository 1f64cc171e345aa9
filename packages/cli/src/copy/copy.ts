// Copies files and directories between two trees: names first, directory by directory, then the bytes, a few files at a time.
import { fail, kindOf } from '@alluvium/base';
import { forEachBounded } from '../bounded.js';
import { Progress } from '../output/progress.js';
import type { Session } from '../session.js';
import { measure } from './measure.js';
import type { Place, Sink, Tree, TreeEntry } from './tree.js';

export interface CopyOptions {
  readonly recursive: boolean;
  readonly overwrite: boolean;
  /** Copies get the owner, group and permissions of what they are copies of. Within one tree only. */
  readonly preserve?: boolean;
  /** Files under way at a time. */
  readonly parallelism: number;
}

interface FileCopy {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies `sources` to `target`: into it when it is a directory, or when there are several; else it is the new name. Files
 * that fail are reported and the others go on. When the session is interrupted, nothing half written stays.
 */
export async function copy(session: Session, sources: readonly Place[], target: Place, options: CopyOptions): Promise<void> {
  const { stderr, clock } = session.context;
  const progress = new Progress(stderr, clock, 'bytes');
  const stop = new AbortController();
  // The total is only for the eyes: the copy itself neither waits for it nor fails with it.
  const measuring = stderr.isTTY ? measure(sources, stop.signal, (bytes) => progress.expect(bytes)).catch(() => undefined) : undefined;
  try {
    await session.withProgress(progress, () => new Copy(session, target.tree, options, progress).run(sources, target.path));
  } finally {
    stop.abort();
    await measuring;
  }
}

class Copy {
  readonly #session: Session;
  readonly #to: Tree;
  readonly #options: CopyOptions;
  readonly #progress: Progress;
  /** Directories whose attributes are still to be preserved. */
  readonly #made: FileCopy[] = [];

  constructor(session: Session, to: Tree, options: CopyOptions, progress: Progress) {
    this.#session = session;
    this.#to = to;
    this.#options = options;
    this.#progress = progress;
  }

  async run(sources: readonly Place[], target: string): Promise<void> {
    let existing = await this.#to.stat(target);
    if (sources.length > 1 && existing === undefined) {
      await this.#makeDirectory(target);
      existing = { name: this.#to.baseName(target), kind: 'directory', lengthBytes: 0 };
    }
    if (sources.length > 1 && existing?.kind !== 'directory')
      throw fail('failedPrecondition', `Cannot copy several files to "${this.#to.label(target)}": it is no directory`);
    for (const { tree, path } of sources) {
      await this.#session.attempt(tree.label(path), async () => {
        const entry = await tree.stat(path);
        if (entry === undefined) throw fail('notFound', `Path "${tree.label(path)}" does not exist.`);
        const to = existing?.kind === 'directory' ? this.#to.child(target, tree.baseName(path)) : target;
        await this.#copyOne(tree, path, entry, to);
      });
    }
  }

  async #copyOne(tree: Tree, path: string, entry: TreeEntry, to: string): Promise<void> {
    if (tree === this.#to && (to === path || to.startsWith(path === '/' ? '/' : `${path}/`)))
      throw fail('invalidArgument', `Cannot copy "${tree.label(path)}" to "${this.#to.label(to)}": that is itself or below it`);
    if (entry.kind !== 'directory') return this.#copyFile(tree, { from: path, to });
    if (!this.#options.recursive)
      throw fail('failedPrecondition', `Cannot copy "${tree.label(path)}": it is a directory; cp -R copies it with everything below`);
    await forEachBounded(this.#walk(tree, path, to), this.#options.parallelism, (file) =>
      this.#session.attempt(tree.label(file.from), () => this.#copyFile(tree, file)),
    );
    // Last, and from below: a directory that must not be written to is one only now.
    for (const made of this.#made.splice(0).reverse())
      await this.#session.attempt(this.#to.label(made.to), () => this.#to.takeAttributes(made.to, made.from));
  }

  /** The files below a directory; each directory is made before its files come. */
  async *#walk(tree: Tree, from: string, to: string): AsyncGenerator<FileCopy, void> {
    this.#session.signal.throwIfAborted();
    const made = await this.#report(tree.label(from), () => this.#makeDirectory(to));
    if (!made) return;
    if (this.#options.preserve === true) this.#made.push({ from, to });
    const directories: string[] = [];
    for await (const entry of tree.list(from)) {
      const path = tree.child(from, entry.name);
      if (entry.kind === 'file') yield { from: path, to: this.#to.child(to, entry.name) };
      else if (entry.kind === 'directory') directories.push(entry.name);
      else await this.#session.report(fail('failedPrecondition', `left out: it is ${WHAT[entry.kind]}`), tree.label(path));
    }
    for (const name of directories) yield* this.#walk(tree, tree.child(from, name), this.#to.child(to, name));
  }

  /** Whether it went well; what did not has been reported. */
  async #report(label: string, action: () => Promise<void>): Promise<boolean> {
    let ok = false;
    await this.#session.attempt(label, async () => {
      await action();
      ok = true;
    });
    return ok;
  }

  async #makeDirectory(path: string): Promise<void> {
    const existing = await this.#to.stat(path);
    if (existing?.kind === 'directory') return;
    if (existing !== undefined) throw fail('alreadyExists', `Cannot make the directory "${this.#to.label(path)}": it is a file`);
    await this.#to.makeDirectory(path);
    await this.#session.print(`Created directory: ${this.#to.label(path)}`);
  }

  async #copyFile(tree: Tree, { from, to }: FileCopy): Promise<void> {
    const { signal } = this.#session;
    const sink = await this.#create(to);
    try {
      for await (const chunk of tree.read(from)) {
        signal.throwIfAborted();
        await sink.write(chunk);
        this.#progress.add(chunk.length);
      }
      signal.throwIfAborted();
      await sink.close();
    } catch (error) {
      await this.#giveUp(sink, to);
      throw error;
    }
    if (this.#options.preserve === true) await this.#to.takeAttributes(to, from);
    await this.#session.print(`Copied ${tree.label(from)} to ${this.#to.label(to)}`);
  }

  /** Removes what is half written. What cannot be removed is told beside the reason why it was given up. */
  async #giveUp(sink: Sink, to: string): Promise<void> {
    await sink.abort().catch((error: unknown) => this.#session.report(error, this.#to.label(to)));
  }

  async #create(to: string): ReturnType<Tree['create']> {
    try {
      return await this.#to.create(to, { overwrite: this.#options.overwrite });
    } catch (error) {
      if (kindOf(error) !== 'alreadyExists') throw error;
      throw fail('alreadyExists', `Cannot write "${this.#to.label(to)}": it exists; --overwrite replaces it`, error);
    }
  }
}

const WHAT = { directoryLink: 'a link to a directory', other: 'neither a file nor a directory' } as const;
