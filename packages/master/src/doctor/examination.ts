// Goes through the whole namespace once, rule by rule, in steps so small that others can have their turn between any two.
import { ROOT_INODE_ID, ROOT_PATH, type BlockId, type InodeId } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { Pace } from '../task/pace.js';
import { BLOCKS_AT_ONCE, blockInvariants, blockRangeInvariants, fileInvariants } from './blocks.js';
import { derivedInvariants } from './derived.js';
import { countInvariants, edgeInvariants, listingInvariants, rootInvariants } from './edges.js';
import { idInvariants } from './ids.js';
import type { About, Invariant, Patient, PatientParts, Suspicion } from './invariant.js';
import { locationInvariants, workerInvariants } from './locations.js';
import { mountInvariants, mountPointInvariants, pauseInvariants } from './mounts.js';
import { intentInvariants, memoryInvariants, pathPropertyInvariants, timeInvariants } from './notes.js';
import { aboutInode, childPath, shown } from './subjects.js';

/** A suspicion, or how much of the total was done with this step. */
export type Step = Suspicion | 0 | 1;

/** Children of a directory that are counted in one stretch. */
const COUNTED_AT_ONCE = 5000;

const FOR_EACH_INODE = [...edgeInvariants, ...idInvariants, ...derivedInvariants, ...mountPointInvariants, ...timeInvariants];
const FOR_EACH_FILE = [...FOR_EACH_INODE, ...fileInvariants];

/** Every rule, in the order in which they are looked at. */
export const ALL_KINDS: readonly string[] = [
  rootInvariants,
  mountInvariants,
  pauseInvariants,
  FOR_EACH_FILE,
  blockRangeInvariants,
  listingInvariants,
  countInvariants,
  blockInvariants,
  locationInvariants,
  workerInvariants,
  pathPropertyInvariants,
  intentInvariants,
  memoryInvariants,
].flatMap((group) => group.map(({ kind }) => kind));

export class Examination {
  /** How often each rule was looked at. */
  readonly checked = new Map<string, number>(ALL_KINDS.map((kind) => [kind, 0]));
  /** To be counted up by who lets others have their turn between two steps. */
  turns = 0;
  readonly #p: Patient;
  #found: Suspicion[] = [];
  #looking: InodeId | undefined;
  #inode: Inode | undefined;

  constructor(parts: PatientParts) {
    this.#p = { ...parts, inode: (id) => (id === this.#looking ? this.#inode : parts.inodes.get(id)) };
  }

  /** About how much there is to do. */
  get total(): number {
    return this.#p.inodes.size + this.#p.blocks.state.blockCount;
  }

  /** Each step is one stretch; the state may change between two. */
  *steps(): Generator<Step, void> {
    this.#check(rootInvariants, ROOT_INODE_ID, () => ({ subject: ROOT_PATH, inode: ROOT_INODE_ID }));
    const hasRoot = this.#found.length === 0;
    yield* this.#taken(0);
    if (!hasRoot) return;
    yield* this.#mounts();
    yield* this.#inodes();
    yield* this.#derived();
    yield* this.#blocks();
    yield* this.#locations();
    yield* this.#notes();
  }

  *#inodes(): Generator<Step, void> {
    const snapshot = this.#p.inodes.snapshot();
    try {
      for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) {
        const { id } = next.value;
        // As it is now: the snapshot may be old.
        const inode = this.#p.inodes.get(id);
        if (inode?.kind === 'file') yield* this.#file(id, inode);
        else if (inode !== undefined) yield* this.#directory(inode);
        else yield 1;
      }
    } finally {
      snapshot.return?.();
    }
  }

  *#file(file: InodeId, inode: Inode & { readonly kind: 'file' }): Generator<Step, void> {
    this.#checkInode(FOR_EACH_FILE, inode);
    this.#check(blockRangeInvariants, { file, from: 0 }, () => aboutInode(this.#p, file));
    yield* this.#taken(1);
    for (let from = BLOCKS_AT_ONCE; from < inode.blocks.length; from += BLOCKS_AT_ONCE) {
      this.#check(blockRangeInvariants, { file, from }, () => aboutInode(this.#p, file));
      yield* this.#taken(0);
    }
  }

  *#directory(directory: DirectoryInode): Generator<Step, void> {
    if (directory.id !== ROOT_INODE_ID) this.#checkInode(FOR_EACH_INODE, directory);
    yield* this.#taken(1);
    const { turns } = this;
    let count = 0;
    let after: string | undefined;
    for (const child of this.#p.inodes.children(directory.id)) {
      const listed = { directory: directory.id, after, child };
      this.#check(listingInvariants, listed, () => this.#aboutChild(directory.id, child));
      count++;
      after = child.name;
      yield* this.#taken(0);
    }
    this.#checkCount(directory.id, count, turns);
    yield* this.#taken(0);
  }

  #checkCount(id: InodeId, count: number, turns: number): void {
    const told = this.#p.inodes.childCount(id);
    const [rule] = countInvariants;
    if (told === count || this.turns === turns || told <= COUNTED_AT_ONCE) {
      if (told === count) this.#count(rule!.kind);
      else this.#check(countInvariants, id, () => aboutInode(this.#p, id));
      return;
    }
    this.#count(rule!.kind);
    const about = aboutInode(this.#p, id);
    const detail = `it has ${count} children, and counts ${told}`;
    const lookSlowly = (pace: Pace): Promise<string | undefined> => this.#recount(id, pace);
    this.#found.push({
      kind: rule!.kind,
      remedy: rule!.remedy,
      about,
      passing: false,
      detail,
      look: () => detail,
      lookSlowly,
      mend: undefined,
    });
  }

  async #recount(id: InodeId, pace: Pace): Promise<string | undefined> {
    let count = 0;
    for (const _ of this.#p.inodes.children(id)) {
      count++;
      if (pace.spent()) await pace.rest();
    }
    const told = this.#p.inodes.childCount(id);
    return told === count ? undefined : `it has ${count} children, and counts ${told}`;
  }

  #aboutChild(directory: InodeId, child: Inode): About {
    const path = childPath(this.#p, directory, child.name);
    return path === undefined
      ? { subject: `"${shown(child.name)}" of the inode ${directory}`, inode: child.id }
      : { subject: path, inode: child.id, path };
  }

  /** What is derived from inodes that do not exist. */
  *#derived(): Generator<Step, void> {
    const { tree } = this.#p.c;
    for (const ids of [tree.pinnedFiles(), tree.timesToLive.ids(), tree.persistence.ids()]) {
      for (const id of ids) {
        if (this.#p.inodes.get(id) === undefined) this.#check(derivedInvariants, id, () => aboutInode(this.#p, id));
        yield* this.#taken(0);
      }
    }
  }

  *#blocks(): Generator<Step, void> {
    const blocks = this.#p.blocks.state.lengths();
    try {
      for (let next = blocks.next(); next.done !== true; next = blocks.next()) {
        const [id] = next.value;
        this.#check(blockInvariants, id, () => aboutBlock(id));
        yield* this.#taken(1);
      }
    } finally {
      blocks.return?.();
    }
  }

  *#locations(): Generator<Step, void> {
    const { workers } = this.#p.blocks;
    for (const id of workers.located()) {
      this.#check(locationInvariants, id, () => aboutBlock(id));
      yield* this.#taken(0);
    }
    for (const worker of [...workers.all()]) {
      this.#check(workerInvariants, worker, () => ({ subject: `worker ${worker.id} at ${worker.address.host}` }));
      yield* this.#taken(0);
    }
  }

  *#mounts(): Generator<Step, void> {
    for (const { path } of [...this.#p.c.mounts.all()]) {
      this.#check(mountInvariants, path, () => ({ subject: path, path }));
      yield* this.#taken(0);
    }
    for (const mount of [...this.#p.c.tree.persistence.pausedMounts()]) {
      this.#check(pauseInvariants, mount, () => ({ subject: `mount ${mount}` }));
      yield* this.#taken(0);
    }
  }

  *#notes(): Generator<Step, void> {
    const { pathProperties, tree } = this.#p.c;
    for (const [path] of [...pathProperties.all()]) {
      this.#check(pathPropertyInvariants, path, () => ({ subject: shown(path) }));
      yield* this.#taken(0);
    }
    for (const { id, path, inode } of [...tree.intents.open()]) {
      this.#check(intentInvariants, id, () => ({ subject: `intent ${id} at ${path}`, ...(inode !== undefined && { inode }) }));
      yield* this.#taken(0);
    }
    this.#check(memoryInvariants, 'operations', () => ({ subject: 'operations' }));
    yield* this.#taken(0);
  }

  /** Reads the inode once for all of its rules. */
  #checkInode(rules: readonly Invariant<InodeId>[], inode: Inode): void {
    const { id } = inode;
    this.#looking = id;
    this.#inode = inode;
    this.#check(rules, id, () => aboutInode(this.#p, id));
    this.#looking = undefined;
    this.#inode = undefined;
  }

  #check<Subject>(rules: readonly Invariant<Subject>[], subject: Subject, about: () => About): void {
    const p = this.#p;
    for (const rule of rules) {
      this.#count(rule.kind);
      const detail = rule.wrong(p, subject);
      if (detail === undefined) continue;
      const { kind, remedy, passing = false, mend } = rule;
      const look = (): string | undefined => rule.wrong(p, subject);
      this.#found.push({ kind, remedy, about: about(), passing, detail, look, mend: mend && (() => mend.call(rule, p, subject)) });
    }
  }

  #count(kind: string): void {
    this.checked.set(kind, this.checked.get(kind)! + 1);
  }

  /** What the step has found, and then how much it has done. */
  *#taken(done: 0 | 1): Generator<Step, void> {
    if (this.#found.length > 0) yield* this.#found.splice(0);
    yield done;
  }
}

function aboutBlock(block: BlockId): About {
  return { subject: `block ${block}`, block };
}
