// Ways around a directory that change nothing for good: entries of access control that come and go, a store that is closed for
// maintenance, a listing page by page.
import { fileMethods } from '@alluvium/client/master/services.js';
import { statusFromInfo } from '@alluvium/client/status-from-info.js';
import { fileSystemMaster } from '@alluvium/wire';
import type { SeededRandom } from '@alluvium/testkit';
import { seenOf, whyNot, type Seen } from './model-view.js';
import type { OwnSubtree } from './own-subtree.js';
import { violated } from './world.js';

const { MODIFY, REMOVE_ALL } = fileSystemMaster.SetAclAction;
const { READ_ONLY, READ_WRITE } = fileSystemMaster.UfsPMode;
const READERS: fileSystemMaster.PAclEntry = {
  type: fileSystemMaster.PAclEntryType.NamedUser,
  subject: 'somebody',
  actions: [fileSystemMaster.PAclAction.Read],
};

export class ControlJourneys {
  readonly #subtree: OwnSubtree;
  readonly #random: SeededRandom;

  constructor(subtree: OwnSubtree, random: SeededRandom) {
    this.#subtree = subtree;
    this.#random = random;
  }

  async step(): Promise<void> {
    const draw = this.#random.below(3);
    if (draw === 0) return this.#control();
    return draw === 1 && this.#subtree.place.uri !== undefined ? this.#maintain() : this.#page();
  }

  /** An entry for somebody is given, is there, and is taken away again. */
  async #control(): Promise<void> {
    const { program, model, operations } = this.#subtree;
    const path = operations.somePath(1);
    const entry = model.get(path);
    if (entry === undefined) return;
    const change = (action: fileSystemMaster.SetAclAction, entries: fileSystemMaster.PAclEntry[]): Promise<unknown> =>
      program.ask(`setAcl ${path} ${action}`, (_, master) => master.unary(fileMethods.setAcl, { path, action, entries, options: {} }));
    await change(MODIFY, [READERS]);
    const status = await program.ask(`acl of ${path}`, (fs) => fs.status(path));
    if (!status!.acl.some(({ name }) => name === READERS.subject)) violated(`${path} has no entry for ${READERS.subject}`);
    await change(REMOVE_ALL, []);
    const after = await program.ask(`acl of ${path}`, (fs) => fs.status(path));
    if (after!.acl.some(({ name }) => name === READERS.subject)) violated(`${path} still has an entry for ${READERS.subject}`);
    // The bits of the group were the mask meanwhile.
    const { mode } = entry;
    await program.ask(`chmod ${path} as before`, (fs) => fs.setAttribute(path, { mode }));
    await this.#subtree.compare();
  }

  /** The store takes no changes for a while, and nothing half done is left by those that are refused. */
  async #maintain(): Promise<void> {
    const { program, place, root } = this.#subtree;
    const set = (ufsMode: fileSystemMaster.UfsPMode): Promise<unknown> =>
      program.ask(`mode of ${place.uri}: ${ufsMode}`, (_, master) =>
        master.unary(fileMethods.updateUfsMode, { ufsPath: place.uri!, options: { ufsMode } }),
      );
    await set(READ_ONLY);
    const path = `${root}/forbidden`;
    const made = (fs: Parameters<Parameters<typeof program.attempt>[1]>[0]): Promise<void> =>
      fs.createDirectory(path, { writeType: 'CACHE_THROUGH' });
    const outcome = await program.attempt(`mkdir ${path}`, made, 'permissionDenied');
    if ('value' in outcome) violated(`${path} is made in a store that takes no changes`);
    await set(READ_WRITE);
    await this.#subtree.compare();
  }

  async #page(): Promise<void> {
    const { program, model, root } = this.#subtree;
    const batchSize = 1 + this.#random.below(4);
    const seen = await program.ask(`list ${root} by ${batchSize}`, async (_, master) => {
      const out = new Map<string, Seen>();
      for (let startAfter = ''; ;) {
        const options = { options: { recursive: true }, batchSize, ...(startAfter === '' ? {} : { startAfter }) };
        const { fileInfos = [], isTruncated } = await master.unary(fileMethods.listStatusPartial, { path: root, options });
        for (const info of fileInfos) out.set(info.path!, seenOf(statusFromInfo(info)));
        if (isTruncated !== true || fileInfos.length === 0) return out;
        startAfter = fileInfos.at(-1)!.path!.slice(root.length);
      }
    });
    const below = model.below(root);
    for (const path of new Set([...below.keys(), ...seen!.keys()])) {
      const why = whyNot(below.get(path), seen!.get(path));
      if (why !== undefined) violated(`listing of ${root} by ${batchSize}: ${path}: ${why}`);
    }
  }
}
