// Paths that all programs use at once: what each of them was answered is written down, and in the end there must be one order of
// events that explains it all. Names move within their family only, so that the families are checked one by one.
import { kindOf, sleep } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import { onceOnly } from '@alluvium/client/master/request-options.js';
import { fileMethods } from '@alluvium/client/master/services.js';
import { parentOf, partsOf, stuckAfter, type HistoryEntry } from '@alluvium/testkit';
import { bytesOf } from './own-subtree.js';
import { violated, type Action, type Outcome, type Program } from './world.js';

const SHARED = '/shared';
const SOURCES = '/sources';
const FAMILIES = ['/p', '/q'];
const NAMES = ['/x', '/y', '/x/c', '/y/c'];
/** Outcomes that say whether the operation happened. */
const ANSWERS: ReadonlySet<string> = new Set(['alreadyExists', 'notFound', 'invalidArgument']);
const FILE_MODE = 0o644;

/** What stands under each path: nothing, `directory MODE`, or `CONTENT MODE`. */
type State = Readonly<Record<string, string | undefined>>;
/** By the outcome: the states afterwards. An undefined outcome is no answer. */
type Judge = (outcome: string | undefined, state: State) => readonly State[];

export class SharedSubtree {
  readonly #history: HistoryEntry<State>[] = [];
  #time = 0;
  #files = 0;

  async prepare(program: Program): Promise<void> {
    for (const path of [SHARED, SOURCES, ...FAMILIES.map((family) => SHARED + family)])
      await program.ask(`prepare ${path}`, (fs) => fs.createDirectory(path, { allowExists: true, writeType: 'MUST_CACHE' }));
  }

  async step(program: Program): Promise<void> {
    const { random } = program;
    const family = SHARED + random.pick(FAMILIES);
    const [path, other] = [family + random.pick(NAMES), family + random.pick(NAMES)];
    const draw = random.below(100);
    if (draw < 14) return this.#makeDirectory(program, path);
    if (draw < 34) return this.#publish(program, path);
    if (draw < 48) return this.#remove(program, path);
    if (draw < 64) return other === path ? undefined : this.#move(program, path, other);
    if (draw < 72) return this.#chmod(program, path);
    if (draw < 82) return this.#look(program, path);
    return draw < 92 ? this.#read(program, path) : this.#list(program, family);
  }

  check(): void {
    for (const part of partsOf(this.#history)) {
      const stuck = stuckAfter<State>(part, {}, (state) => JSON.stringify(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1))));
      if (stuck === undefined) continue;
      const all = part.map(({ start, end, what }) => `${start}-${end} ${what}`).join('\n');
      violated(
        `no order explains what the programs saw of ${SHARED}; as far as ${stuck.length} of ${part.length}: ${stuck.slice(-5).join('; ')}\n${all}`,
      );
    }
  }

  async #makeDirectory(program: Program, path: string): Promise<void> {
    const writeType = program.random.pick(['CACHE_THROUGH', 'MUST_CACHE'] as const);
    const run = (fs: FileSystem): Promise<void> => fs.createDirectory(path, { mode: 0o755, writeType });
    await this.#run(program, `mkdir ${path} ${writeType}`, [path], run, into(path, 'directory 755', false));
  }

  /** A file that is written elsewhere and appears whole under its name. */
  async #publish(program: Program, path: string): Promise<void> {
    const content = `file-${++this.#files}`;
    const source = `${SOURCES}/${this.#files}`;
    const writeType = program.random.pick(['CACHE_THROUGH', 'THROUGH'] as const);
    const overwrite = program.random.chance(0.4);
    const wrote = await program.attempt(`write ${source}`, async (fs) => {
      const file = await fs.create(source, { writeType, mode: FILE_MODE });
      await file.write(Buffer.from(content));
      await file.close();
    });
    if ('kind' in wrote) return program.quiet();
    const run = renaming(program, source, path, overwrite);
    const what = `publish ${content} as ${path}${overwrite ? ' overwrite' : ''}`;
    await this.#run(program, what, [path], run, into(path, `${content} 644`, overwrite));
  }

  /** What is below goes first, and readers do not wait: it is seen to be gone before the directory is. */
  async #remove(program: Program, path: string): Promise<void> {
    const gone = (state: State): State => moved(state, path, undefined);
    const run: Action<void> = (fs) => fs.remove(path, { recursive: true });
    const judge: Judge = (outcome, state) => {
      if (blocked(state, path) !== undefined) return outcome === blocked(state, path) || outcome === undefined ? [state] : [];
      if (state[path] === undefined) return outcome === 'notFound' || outcome === undefined ? [state] : [];
      return outcome === 'ok' ? [gone(state)] : outcome === undefined ? [state, gone(state)] : [];
    };
    const below = `${path}/c`;
    const early = (state: State): readonly State[] => [state, { ...state, [below]: undefined }];
    await this.#run(program, `remove ${path}`, [path], run, judge, early);
  }

  async #move(program: Program, from: string, to: string): Promise<void> {
    const overwrite = program.random.chance(0.3);
    const what = `move ${from} to ${to}${overwrite ? ' overwrite' : ''}`;
    await this.#run(program, what, [from, to], renaming(program, from, to, overwrite), (outcome, state) => {
      const refusal = whyNotMoved(state, from, to, overwrite);
      const after = moved(state, from, to);
      if (refusal !== undefined) return outcome === refusal || outcome === undefined ? [state] : [];
      return outcome === 'ok' ? [after] : outcome === undefined ? [state, after] : [];
    });
  }

  async #chmod(program: Program, path: string): Promise<void> {
    const mode = program.random.pick([0o700, 0o711, 0o744]);
    const run: Action<void> = (fs) => fs.setAttribute(path, { mode });
    await this.#run(program, `chmod ${path} ${mode.toString(8)}`, [path], run, (outcome, state) => {
      const refusal = blocked(state, path) ?? (state[path] === undefined ? 'notFound' : undefined);
      if (refusal !== undefined) return outcome === refusal || outcome === undefined ? [state] : [];
      const after = { ...state, [path]: `${state[path]!.split(' ')[0]} ${mode.toString(8)}` };
      return outcome === 'ok' ? [after] : outcome === undefined ? [state, after] : [];
    });
  }

  async #look(program: Program, path: string): Promise<void> {
    const start = ++this.#time;
    const outcome = await program.attempt(`status ${path}`, (fs) => fs.status(path), 'notFound');
    if ('kind' in outcome && outcome.kind !== 'notFound') return;
    const seen = 'value' in outcome ? outcome.value : undefined;
    const matches = (at: string | undefined): boolean =>
      seen === undefined
        ? at === undefined
        : at !== undefined && at.startsWith('directory') === seen.folder && at.endsWith(` ${seen.mode.toString(8)}`);
    const text = seen === undefined ? 'nothing' : `${seen.folder ? 'directory' : 'file'} ${seen.mode.toString(8)}`;
    this.#saw(program, start, path, text, matches);
  }

  async #read(program: Program, path: string): Promise<void> {
    const start = ++this.#time;
    const outcome = await program.attempt(`read ${path}`, (fs) => contentOf(fs, path), 'notFound');
    // Opening and reading are two steps: a file that was removed in between fails to be read.
    if ('kind' in outcome && outcome.kind !== 'notFound') return;
    const seen = 'value' in outcome ? outcome.value : undefined;
    if (seen !== 'gone') this.#saw(program, start, path, seen ?? 'nothing', (at) => at?.split(' ')[0] === seen);
  }

  /** Each name by itself: a listing is no single moment. */
  async #list(program: Program, family: string): Promise<void> {
    const start = ++this.#time;
    const outcome = await program.attempt(`list ${family}`, async (fs) => {
      const names = new Set<string>();
      for await (const { path } of fs.list(family, { recursive: true })) names.add(path);
      return names;
    });
    if (!('value' in outcome)) return;
    const end = ++this.#time;
    for (const name of NAMES) {
      const path = family + name;
      const there = outcome.value.has(path);
      this.#saw(program, start, path, there ? 'listed' : 'not listed', (at) => (at !== undefined) === there, end);
    }
  }

  #saw(program: Program, start: number, path: string, what: string, matches: (at: string | undefined) => boolean, end?: number): void {
    this.#history.push({
      start,
      end: end ?? ++this.#time,
      what: `${program.name} sees ${path}: ${what}`,
      touches: [path, top(path)],
      after: (state) => (matches(state[path]) ? [state] : []),
    });
  }

  /** `early`: what may be seen of it before it happens. */
  async #run(
    program: Program,
    what: string,
    touches: readonly string[],
    action: Action<void>,
    judge: Judge,
    early?: (state: State) => readonly State[],
  ): Promise<void> {
    const start = ++this.#time;
    // Either answer is an answer here.
    const outcome: Outcome<string> = await program.attempt(what, async (fs, master) => {
      try {
        await action(fs, master);
        return 'ok';
      } catch (error) {
        const kind = kindOf(error);
        if (ANSWERS.has(kind)) return kind;
        throw error;
      }
    });
    const answer = 'value' in outcome ? outcome.value : undefined;
    if (answer === undefined) {
      await program.quiet();
      await sleep(program.cluster.clock, 1000);
    }
    // What was cut off goes on when the master finds it.
    const end = answer === undefined ? Number.POSITIVE_INFINITY : ++this.#time;
    const common = { start, end, touches: touches.flatMap((path) => [path, top(path)]) };
    const name = `${program.name}: ${what}: ${answer ?? 'unknown'}`;
    if (early !== undefined && (answer === 'ok' || answer === undefined))
      this.#history.push({ ...common, what: `${name}, beginning`, after: early });
    this.#history.push({ ...common, what: name, after: (state) => judge(answer, state) });
  }
}

/** The name in its family: what is below goes where it goes. */
function top(path: string): string {
  return path.split('/').slice(0, 4).join('/');
}

/** How an operation on a path fails that has a file above it. */
function blocked(state: State, path: string): string | undefined {
  const above = state[parentOf(path)];
  return above === undefined || above.startsWith('directory') ? undefined : 'invalidArgument';
}

/** Whether the directory above is there; those of the families always are. */
function hasParent(state: State, path: string): boolean {
  return top(path) === path || state[parentOf(path)] !== undefined;
}

function isFile(entry: string | undefined): boolean {
  return entry !== undefined && !entry.startsWith('directory');
}

function into(path: string, what: string, overwrite: boolean): Judge {
  return (outcome, state) => {
    const replaces = overwrite && isFile(state[path]);
    let refusal = blocked(state, path);
    if (refusal === undefined && !hasParent(state, path)) refusal = 'notFound';
    if (refusal === undefined && state[path] !== undefined && !replaces) refusal = 'alreadyExists';
    if (refusal !== undefined) return outcome === refusal || outcome === undefined ? [state] : [];
    const after = { ...state, [path]: what };
    return outcome === 'ok' ? [after] : outcome === undefined ? [state, after] : [];
  };
}

function whyNotMoved(state: State, from: string, to: string, overwrite: boolean): string | undefined {
  const block = blocked(state, from) ?? blocked(state, to);
  if (block !== undefined) return block;
  if (state[from] === undefined) return 'notFound';
  if (to.startsWith(`${from}/`)) return 'invalidArgument';
  if (!hasParent(state, to)) return 'notFound';
  const replaces = overwrite && isFile(state[to]) && isFile(state[from]);
  return state[to] !== undefined && !replaces ? 'alreadyExists' : undefined;
}

/** With everything below; to nowhere when `to` is undefined. */
function moved(state: State, from: string, to: string | undefined): State {
  const after: Record<string, string | undefined> = {};
  for (const [path, entry] of Object.entries(state)) {
    if (entry === undefined) continue;
    if (path !== from && !path.startsWith(`${from}/`)) after[path] ??= entry;
    else if (to !== undefined) after[to + path.slice(from.length)] = entry;
  }
  return after;
}

function renaming({ random }: Program, from: string, to: string, overwrite: boolean): Action<void> {
  const options = { s3SyntaxOptions: { overwrite }, commonOptions: onceOnly(random) };
  return async (_, master) => void (await master.unary(fileMethods.rename, { path: from, dstPath: to, options }));
}

async function contentOf(fs: FileSystem, path: string): Promise<string> {
  if ((await fs.status(path)).folder) return 'directory';
  try {
    return (await bytesOf(fs, path)).toString();
  } catch (error) {
    if (kindOf(error) === 'invalidArgument' || kindOf(error) === 'notFound') return 'gone';
    throw error;
  }
}
