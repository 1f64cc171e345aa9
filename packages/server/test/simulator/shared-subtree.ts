// A few names that all programs change at the same time. What each was answered is written down, and in the end there must be one
// order of events that explains it all.
import { fail, kindOf, messageOf, sleep } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import { stuckAfter, type HistoryEntry } from '@alluvium/testkit';
import { bytesOf } from './own-subtree.js';
import { violated, type Outcome, type Program } from './world.js';

const SHARED = '/shared';
const SOURCES = '/sources';
const NAMES = ['x', 'y', 'z'];
/** What stands under each name: nothing, a directory, or the file with this content. */
type State = Readonly<Record<string, string | undefined>>;
const DIRECTORY = 'a directory';
/** Outcomes that say whether the operation happened. */
const ANSWERS: ReadonlySet<string> = new Set(['alreadyExists', 'notFound']);

type Judge = (outcome: string | undefined, state: State) => readonly State[];

export class SharedSubtree {
  readonly #history: HistoryEntry<State>[] = [];
  #time = 0;
  #files = 0;
  /** Removals under way, which may be half done. */
  #removing = 0;

  async prepare(program: Program): Promise<void> {
    for (const path of [SHARED, SOURCES])
      await program.ask(`prepare ${path}`, (fs) => fs.createDirectory(path, { allowExists: true, writeType: 'MUST_CACHE' }));
  }

  async step(program: Program): Promise<void> {
    const { random } = program;
    const name = random.pick(NAMES);
    const path = `${SHARED}/${name}`;
    const draw = random.below(100);
    if (draw < 15) {
      // Always in the store too: one that was cut off may be there unseen, which a directory of the cache alone would only cover.
      const make = (fs: FileSystem): Promise<void> => fs.createDirectory(path, { writeType: 'CACHE_THROUGH' });
      await this.#run(program, `mkdir ${name}`, make, made(name, DIRECTORY));
      return;
    }
    if (draw < 40) return this.#publish(program, name);
    if (draw < 60) return this.#remove(program, name);
    if (draw < 75) return this.#move(program, name, random.pick(NAMES.filter((other) => other !== name)));
    return this.#read(program, name);
  }

  check(): void {
    const stuck = stuckAfter<State>(this.#history, {}, (state) => NAMES.map((name) => state[name] ?? '').join());
    if (stuck === undefined) return;
    const all = this.#history.map(({ start, end, what }) => `${start}-${end} ${what}`).join('\n');
    violated(
      `no order explains what the programs saw of ${SHARED}; as far as ${stuck.length} of ${this.#history.length}: ${stuck.slice(-5).join('; ')}\n${all}`,
    );
  }

  /** A file that is written elsewhere and appears whole under its name. */
  async #publish(program: Program, name: string): Promise<void> {
    const content = `file ${++this.#files}`;
    const source = `${SOURCES}/${this.#files}`;
    const writeType = program.random.pick(['CACHE_THROUGH', 'THROUGH'] as const);
    const wrote = await program.attempt(`write ${source}`, async (fs) => {
      const file = await fs.create(source, { writeType });
      await file.write(Buffer.from(content));
      await file.close();
    });
    if ('kind' in wrote) return program.quiet();
    await this.#run(program, `publish ${content} as ${name}`, (fs) => fs.rename(source, `${SHARED}/${name}`), made(name, content));
  }

  /** The store loses it before the namespace does: who was not answered asks again, so that no name is left without its bytes. */
  async #remove(program: Program, name: string): Promise<void> {
    const remove = (): Promise<string | undefined> =>
      this.#run(program, `remove ${name}`, (fs) => fs.remove(`${SHARED}/${name}`), removed(name));
    this.#removing++;
    while ((await remove()) === undefined) await sleep(program.cluster.clock, 1000);
    this.#removing--;
  }

  async #move(program: Program, from: string, to: string): Promise<void> {
    await this.#run(
      program,
      `move ${from} to ${to}`,
      (fs) => fs.rename(`${SHARED}/${from}`, `${SHARED}/${to}`),
      (outcome, state) => {
        const moved = { ...state, [from]: undefined, [to]: state[from] };
        if (state[from] === undefined) return outcome === 'notFound' || outcome === undefined ? [state] : [];
        if (state[to] !== undefined) return outcome === 'alreadyExists' || outcome === undefined ? [state] : [];
        return outcome === 'ok' ? [moved] : outcome === undefined ? [state, moved] : [];
      },
    );
  }

  async #read(program: Program, name: string): Promise<void> {
    const start = ++this.#time;
    const outcome = await program.attempt(`read ${name}`, (fs) => contentOf(fs, `${SHARED}/${name}`), 'notFound');
    // Opening and reading are two steps: a file that was removed in between fails to be read.
    if ('kind' in outcome && outcome.kind !== 'notFound') return;
    const seen = 'value' in outcome ? outcome.value : undefined;
    if (seen === 'gone') return;
    this.#history.push({
      start,
      end: ++this.#time,
      what: `${program.name} reads ${name}: ${seen ?? 'nothing'}`,
      after: (state) => (state[name] === seen ? [state] : []),
    });
  }

  async #run(program: Program, what: string, action: (fs: FileSystem) => Promise<void>, judge: Judge): Promise<string | undefined> {
    const start = ++this.#time;
    // Either answer is an answer here.
    const outcome: Outcome<string> = await program.attempt(what, async (fs) => {
      try {
        await action(fs);
        return 'ok';
      } catch (error) {
        const kind = kindOf(error);
        if (ANSWERS.has(kind)) return kind;
        // It may be of what somebody is removing, and the store has lost already.
        throw kind === 'unknown' && this.#removing > 0 ? fail('aborted', messageOf(error), error) : error;
      }
    });
    const answer = 'value' in outcome ? outcome.value : undefined;
    if (answer === undefined) await program.quiet();
    // The master settles a rename that was cut off when it can, which may be later.
    const settlesLater = answer === undefined && /^(?:move|publish)/.test(what);
    this.#history.push({
      start,
      end: settlesLater ? Number.POSITIVE_INFINITY : ++this.#time,
      what: `${program.name}: ${what}: ${answer ?? 'unknown'}`,
      after: (state) => judge(answer, state),
    });
    return answer;
  }
}

function made(name: string, what: string): Judge {
  return (outcome, state) => {
    const after = { ...state, [name]: what };
    if (state[name] !== undefined) return outcome === 'alreadyExists' || outcome === undefined ? [state] : [];
    return outcome === 'ok' ? [after] : outcome === undefined ? [state, after] : [];
  };
}

function removed(name: string): Judge {
  return (outcome, state) => {
    const after = { ...state, [name]: undefined };
    if (state[name] === undefined) return outcome === 'notFound' || outcome === undefined ? [state] : [];
    return outcome === 'ok' ? [after] : outcome === undefined ? [state, after] : [];
  };
}

async function contentOf(fs: FileSystem, path: string): Promise<string> {
  if ((await fs.status(path)).folder) return DIRECTORY;
  try {
    return (await bytesOf(fs, path)).toString();
  } catch (error) {
    if (kindOf(error) === 'invalidArgument' || kindOf(error) === 'notFound') return 'gone';
    throw error;
  }
}
