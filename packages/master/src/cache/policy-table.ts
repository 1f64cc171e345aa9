// Which policy of the cache counts for a path: classes of files, made of the properties of paths.
import { ROOT_PATH, isWithin, parentPath, type NormalPath } from '@alluvium/base';
import { policyOf, type PolicyHere, type Priority } from './policy-properties.js';

/** Files with the same longest path that says something of the cache. */
export interface PolicyClass {
  /** From 1, never used again for another path while the master runs; 0 is what no path says anything of. */
  readonly id: number;
  readonly path: NormalPath;
  readonly here: PolicyHere;
  readonly priority: Priority;
  /** The class whose quota counts: the longest path that names one. Undefined: there is no limit. */
  readonly quota: PolicyClass | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface PolicySource {
  all(): Iterable<[NormalPath, ReadonlyMap<string, string>]>;
  onChange(listener: () => void): void;
}

/** Further paths with policies count for nothing; the list goes to each worker. */
const MAX_CLASSES = 1000;

/** For each property the longest path counts that sets it. Derived, and made anew whenever a property of a path changes. */
export class PolicyTable {
  readonly #source: PolicySource;
  readonly #ids = new Map<NormalPath, number>();
  readonly #random: number;
  #byPath = new Map<NormalPath, PolicyClass>();
  #nextId = 1;
  #version = 0;
  #epoch = 0;

  /** `start` tells this start of the master from others: a number below 2^40. */
  constructor(source: PolicySource, start: number) {
    this.#source = source;
    this.#random = start;
    source.onChange(() => this.#make());
    this.#make();
  }

  get isEmpty(): boolean {
    return this.#byPath.size === 0;
  }

  /** Grows when any policy changes. */
  get version(): number {
    return this.#version;
  }

  /** Another number when files may have got other classes without their ids being known. */
  get epoch(): bigint {
    return BigInt(this.#random) * 4096n + BigInt(this.#epoch);
  }

  /** In the order of their paths. */
  all(): PolicyClass[] {
    return [...this.#byPath.values()];
  }

  classOf(path: NormalPath): PolicyClass | undefined {
    if (this.#byPath.size === 0) return undefined;
    for (let at = path; ; at = parentPath(at)) {
      const found = this.#byPath.get(at);
      if (found !== undefined || at === ROOT_PATH) return found;
    }
  }

  /** Whether everything at and below a path has one class. */
  isUniform(path: NormalPath): boolean {
    for (const other of this.#byPath.keys()) if (other !== path && isWithin(other, path)) return false;
    return true;
  }

  /** A directory got another name, and what is in it another class. */
  everythingChanged(): void {
    this.#epoch++;
  }

  #make(): void {
    const before = [...this.#byPath.keys()];
    const here: [NormalPath, PolicyHere][] = [];
    for (const [path, properties] of this.#source.all()) {
      const policy = policyOf(properties);
      // A journal of Alluxio's may hold anything.
      if (policy !== undefined && path.startsWith(ROOT_PATH) && here.length < MAX_CLASSES) here.push([path, policy]);
    }
    here.sort(([a], [b]) => (a < b ? -1 : 1));
    this.#byPath = new Map();
    // Those above come first.
    for (const [path, policy] of here) this.#byPath.set(path, this.#classAt(path, policy));
    this.#version++;
    const after = [...this.#byPath.keys()];
    if (after.length !== before.length || after.some((path, at) => path !== before[at])) this.#epoch++;
  }

  #classAt(path: NormalPath, here: PolicyHere): PolicyClass {
    const above = path === ROOT_PATH ? undefined : this.classOf(parentPath(path));
    const made: Mutable<PolicyClass> = {
      id: this.#idOf(path),
      path,
      here,
      priority: here.priority ?? above?.priority ?? 'normal',
      quota: above?.quota,
    };
    const isLimited = typeof here.quotaBytes === 'number' || typeof here.quotaPerWorkerBytes === 'number';
    // A path that says there is no limit is not limited by those above it either.
    if (isLimited) made.quota = made;
    else if (here.quotaBytes !== undefined || here.quotaPerWorkerBytes !== undefined) made.quota = undefined;
    return made;
  }

  #idOf(path: NormalPath): number {
    let id = this.#ids.get(path);
    if (id === undefined) this.#ids.set(path, (id = this.#nextId++));
    return id;
  }
}
