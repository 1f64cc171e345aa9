// Ways in which the cluster forgets what it knows of a directory and learns it again from the store: entries removed from the
// namespace only, times to live that are over, mounts that go and come, and somebody else who works in the store.
import { sleep } from '@alluvium/base';
import { fileMethods } from '@alluvium/client/master/services.js';
import { statusFromInfo } from '@alluvium/client/status-from-info.js';
import type { ModelTtlAction, SeededRandom } from '@alluvium/testkit';
import { fileSystemMaster } from '@alluvium/wire';
import { seenOf, type Seen } from './model-view.js';
import { ControlJourneys } from './control-journeys.js';
import { JobJourneys } from './job-journeys.js';
import type { OwnSubtree } from './own-subtree.js';
import { listSynced } from './snapshot.js';
import { changeMessage } from './subtree-operations.js';
import { violated, type Excuses } from './world.js';

const WITHIN_MS = 4 * 3_600_000;
const LOOK_MS = 2000;

export class Journeys {
  readonly #subtree: OwnSubtree;
  readonly #excuses: Excuses;
  readonly #random: SeededRandom;
  readonly #control: ControlJourneys;
  readonly #jobs: JobJourneys;

  constructor(subtree: OwnSubtree, excuses: Excuses) {
    this.#subtree = subtree;
    this.#excuses = excuses;
    this.#random = subtree.program.random.fork();
    this.#control = new ControlJourneys(subtree, this.#random.fork());
    this.#jobs = new JobJourneys(subtree, excuses, this.#random.fork());
  }

  async step(): Promise<void> {
    const draw = this.#random.below(18);
    if (draw >= 14) return this.#jobs.step();
    if (draw < 2) return this.#forget();
    if (draw < 4) return this.#expire();
    if (draw < 8) return this.#intrude();
    if (draw < 12) return this.#control.step();
    return this.#subtree.place.uri === undefined ? this.#ask() : this.#random.chance(0.5) ? this.#remount() : this.#lock();
  }

  /** Removed here, and not from the store. */
  async #forget(): Promise<void> {
    const path = this.#somePath();
    if (path === undefined) return;
    const kept = await this.#kept(path);
    const options: fileSystemMaster.DeletePOptions = { recursive: true, alluxioOnly: true };
    await this.#subtree.program.ask(`forget ${path}`, (_, master) => master.unary(fileMethods.remove, { path, options }), 'notFound');
    await this.#subtree.reloaded(kept, path);
  }

  async #expire(): Promise<void> {
    const path = this.#somePath();
    if (path === undefined) return;
    const { program, model } = this.#subtree;
    const kept = await this.#kept(path);
    const mayFree = model.get(path)?.kind === 'file' && kept.has(path);
    const ttlAction = this.#random.pick<ModelTtlAction>(['DELETE', 'DELETE_ALLUXIO', mayFree ? 'FREE' : 'DELETE']);
    const change = { ttlMs: 1, ttlAction };
    const set = (): Promise<unknown> =>
      program.ask(
        `set ${path} to expire: ${ttlAction}`,
        (_, master) => master.unary(fileMethods.setAttribute, { path, options: changeMessage(change) }),
        'notFound',
      );
    await set();
    await this.#until(`${path} expires`, async () => {
      const seen = await this.#known(path);
      return seen === undefined || seen.ttlMs < 0;
    });
    if (ttlAction === 'DELETE') {
      if (await this.#exists(path)) violated(`${path} is there again after its time to live`);
      for (const at of [...model.below(path).keys(), path]) this.#subtree.gone(at);
    } else if (ttlAction === 'DELETE_ALLUXIO') await this.#subtree.reloaded(kept, path);
    else model.setAttribute(path, { ttlMs: -1, pinned: false });
  }

  /** Somebody else puts, replaces or removes a file in the store; an access that wants to know sees it. */
  async #intrude(): Promise<void> {
    const { program, place, model, operations, root } = this.#subtree;
    const kept = await this.#subtree.persisted();
    const paths = [...kept];
    const files = paths.filter((path) => model.get(path)?.kind === 'file');
    const directories = paths.filter((path) => model.get(path)?.kind === 'directory');
    if (place.uri !== undefined) directories.push(root);
    const bytes = operations.content(1 + this.#random.below(5000));
    const draw = this.#random.below(3);
    if (draw === 0 && files.length > 0) {
      const path = this.#random.pick(files);
      program.cluster.trace.add(`somebody removes ${path} from the store`);
      place.store.removeFile(this.#subtree.storePath(path));
      await this.#synced(path, (seen) => seen === undefined);
      this.#subtree.gone(path);
      return;
    }
    const fresh = directories.length > 0 ? `${this.#random.pick(directories)}/${this.#random.pick(['a', 'b', 'x', 'y'])}` : undefined;
    const path = draw === 1 && files.length > 0 ? this.#random.pick(files) : fresh;
    if (path === undefined || (path === fresh && model.get(path) !== undefined)) return;
    program.cluster.trace.add(`somebody puts ${path} into the store`);
    place.store.put(this.#subtree.storePath(path), bytes, {});
    const seen = await this.#synced(path, (at) => at !== undefined && at.length === bytes.length && at.persistence === 'PERSISTED');
    this.#subtree.found(path, bytes, seen!);
  }

  /** Asks with what an access that wants no old news asks with. */
  async #synced(path: string, wanted: (seen: Seen | undefined) => boolean): Promise<Seen | undefined> {
    const { program, root } = this.#subtree;
    const marked = this.#random.chance(0.3);
    for (;;) {
      const failures = program.cluster.failures;
      if (marked) await program.ask(`mark ${path}`, (_, master) => master.unary(fileMethods.needsSync, { path }));
      const listed = await program.ask(`sync ${root} for ${path}`, (_, master) => listSynced(master, root));
      const status = listed!.get(path);
      const seen = status === undefined ? undefined : seenOf(status);
      if (wanted(seen)) return seen;
      // What could not be compared is compared later.
      if (failures === program.cluster.failures && !this.#excuses.disturbed())
        violated(`after a sync ${path} is not what the store has: ${JSON.stringify(seen)}`);
      await sleep(program.cluster.clock, LOOK_MS);
    }
  }

  /** Unmounted, and mounted again. */
  async #remount(): Promise<void> {
    const { program, place, root } = this.#subtree;
    const kept = await this.#kept(root);
    await program.ask(`unmount ${root}`, (fs) => fs.unmount(root), 'notFound');
    if (await this.#exists(root)) violated(`${root} is there after it was unmounted`);
    await program.ask(`mount ${root} again`, (fs) => fs.mount(root, place.uri!), 'unknown');
    await this.#ask();
    await this.#subtree.reloaded(kept, root);
  }

  /** Read-only for a while. */
  async #lock(): Promise<void> {
    const { program, root } = this.#subtree;
    const update = (readOnly: boolean): Promise<unknown> =>
      program.ask(`set ${root} ${readOnly ? 'read-only' : 'writable'}`, (_, master) =>
        master.unary(fileMethods.updateMount, { alluxioPath: root, options: { readOnly } }),
      );
    await update(true);
    const path = `${root}/forbidden`;
    const outcome = await program.attempt(
      `mkdir ${path}`,
      (fs) => fs.createDirectory(path, { writeType: 'CACHE_THROUGH' }),
      'permissionDenied',
    );
    if ('value' in outcome) violated(`${path} is made below a mount that is read-only`);
    await update(false);
    await this.#subtree.compare();
  }

  /** What is where, both ways. */
  async #ask(): Promise<void> {
    const { program, place, root } = this.#subtree;
    const mounts = await program.ask('mount table', (fs) => fs.mounts());
    if (place.uri !== undefined && !mounts!.some(({ path, ufsUri }) => path === root && ufsUri === place.uri))
      violated(`the mount table does not have ${root} on ${place.uri}`);
    const ufsUri = `${place.store.uri}/${this.#subtree.storePath(`${root}/x`)}`;
    const resolved = await program.ask(`resolve ${ufsUri}`, (_, master) => master.unary(fileMethods.reverseResolve, { ufsUri }));
    if (resolved!.alluxioPath !== `${root}/x`) violated(`${ufsUri} is resolved to ${resolved!.alluxioPath}`);
  }

  async #until(what: string, done: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#subtree.program.cluster;
    const untilMs = clock.monotonicMs() + WITHIN_MS;
    while (!(await done())) {
      if (clock.monotonicMs() > untilMs) violated(`${what}: not yet`);
      await sleep(clock, LOOK_MS);
    }
  }

  /** Without a look at the store. */
  async #known(path: string): Promise<Seen | undefined> {
    const request = { path, options: { loadMetadataType: fileSystemMaster.LoadMetadataPType.NEVER } };
    const answer = await this.#subtree.program.ask(
      `status ${path} as known`,
      (_, master) => master.unary(fileMethods.getStatus, request),
      'notFound',
    );
    return answer?.fileInfo === undefined ? undefined : seenOf(statusFromInfo(answer.fileInfo));
  }

  async #exists(path: string): Promise<boolean> {
    return (await this.#subtree.program.ask(`exists ${path}`, (fs) => fs.exists(path))) === true;
  }

  /** What the store has of what is at or below the path, once nothing waits to get there. */
  async #kept(path: string): Promise<Set<string>> {
    const persisted = await this.#subtree.persisted();
    return new Set([...persisted].filter((at) => at === path || at.startsWith(`${path}/`)));
  }

  #somePath(): string | undefined {
    const path = this.#subtree.operations.somePath(1);
    return this.#subtree.model.get(path) === undefined ? undefined : path;
  }
}
