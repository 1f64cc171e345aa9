// Operations of one program in its own directory, drawn by chance: each says what it does to the model, and how the cluster is asked.
import { randomId63, type ErrorKind } from '@alluvium/base';
import type { WriteType } from '@alluvium/client';
import { modeMessage, writeTypeMessage } from '@alluvium/client/master/request-options.js';
import { fileMethods } from '@alluvium/client/master/services.js';
import type { ModelChange, ModelCreation, ModelTtlAction, ModelXattrStrategy, NamespaceModel, SeededRandom } from '@alluvium/testkit';
import { common, fileJournal, fileSystemMaster } from '@alluvium/wire';
import type { Action } from './world.js';

const WRITE_TYPES: readonly WriteType[] = ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'];
const BLOCK_SIZES = [1000, 4096, 65_536, 1 << 20];
const MAX_BYTES = 300_000;
const NAMES = ['a', 'b', 'c', 'd'];
const MAX_DEPTH = 3;
const FAR_MS = 10 ** 12;
const TTL_ACTIONS: readonly ModelTtlAction[] = ['DELETE', 'FREE', 'DELETE_ALLUXIO'];
const STRATEGIES: readonly ModelXattrStrategy[] = ['TRUNCATE', 'UNION_REPLACE', 'UNION_PRESERVE', 'DELETE_KEYS'];

/** One operation: on the model, on the cluster, and what it leaves when it ends without an answer. */
export interface Operation {
  readonly what: string;
  readonly model: (model: NamespaceModel) => void;
  readonly run: Action<void>;
  /** The same, once more: succeeds also when it has happened, or fails with `hadHappened`. */
  readonly again: Action<void>;
  readonly hadHappened?: ErrorKind;
  /** `each`: path by path, before or after; `whole`: everything or nothing. */
  readonly partly: 'each' | 'whole';
  /** Where an unfinished file may be left, or none. */
  readonly writes?: string;
}

export interface Content {
  readonly bytes: Buffer;
  readonly writeType: WriteType;
}

export class SubtreeOperations {
  readonly #root: string;
  readonly #random: SeededRandom;
  /** As it is at the moment. */
  readonly #model: () => NamespaceModel;
  readonly #written: (content: Content) => void;
  #contents = 0;

  constructor(root: string, random: SeededRandom, model: () => NamespaceModel, written: (content: Content) => void) {
    this.#root = root;
    this.#random = random;
    this.#model = model;
    this.#written = written;
  }

  draw(): Operation {
    const draw = this.#random.below(100);
    if (draw < 34) return this.#create();
    if (draw < 42) return this.#createEmpty();
    if (draw < 54) return this.#makeDirectory();
    if (draw < 68) return this.#rename();
    if (draw < 80) return this.#remove();
    return this.#setAttribute();
  }

  #remove(): Operation {
    const path = this.somePath(0.9);
    const recursive = this.#random.chance(0.6);
    const unchecked = this.#random.chance(0.2);
    const run: Action<void> = async (_, master) =>
      void (await master.unary(fileMethods.remove, { path, options: { recursive, unchecked, commonOptions: this.#once() } }));
    return {
      what: `remove ${path}${recursive ? ' recursive' : ''}${unchecked ? ' unchecked' : ''}`,
      partly: 'each',
      model: (model) => model.remove(path, { recursive }),
      run,
      again: run,
      hadHappened: 'notFound',
    };
  }

  /** A path of something that exists, with this probability, or any path. */
  somePath(existing: number): string {
    const model = this.#model();
    const below = [...model.below(this.#root).keys()];
    if (below.length > 0 && this.#random.chance(existing)) return this.#random.pick(below);
    // Most new names in directories that exist.
    const directories = [this.#root, ...below.filter((path) => model.get(path)?.kind === 'directory')];
    if (this.#random.chance(0.7)) {
      const parent = this.#random.pick(directories);
      if (parent.slice(this.#root.length).split('/').length - 1 < MAX_DEPTH) return `${parent}/${this.#random.pick(NAMES)}`;
    }
    return this.#root + Array.from({ length: 1 + this.#random.below(MAX_DEPTH) }, () => `/${this.#random.pick(NAMES)}`).join('');
  }

  /** Bytes that are nobody else's. */
  content(length: number): Buffer {
    const out = Buffer.alloc(length);
    let x = (this.#random.uint32() ^ ++this.#contents) >>> 0;
    for (let i = 0; i < length; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      out[i] = x >>> 24;
    }
    return out;
  }

  #create(): Operation {
    const path = this.somePath(0.25);
    const random = this.#random;
    const overwrite = random.chance(0.3);
    const recursive = random.chance(0.4);
    const mode = random.pick([0o644, 0o600, 0o640]);
    const writeType = random.pick(WRITE_TYPES);
    const blockSize = random.pick(BLOCK_SIZES);
    const ttlMs = random.chance(0.1) ? FAR_MS : -1;
    const most = random.pick([100, 100, blockSize * 3 + 1, 20_000].map((size) => Math.min(size, MAX_BYTES)));
    const length = random.chance(0.1) ? 0 : random.below(most);
    const bytes = this.content(length);
    this.#written({ bytes, writeType });
    const pieces = 1 + random.below(3);
    const run =
      (replace: boolean): Action<void> =>
      async (fs) => {
        const common = { mode, ttlMs: BigInt(ttlMs), ttlAction: 'FREE' as const };
        const file = await fs.create(path, { ...common, writeType, overwrite: replace, recursive, blockSizeBytes: BigInt(blockSize) });
        for (let i = 0; i < pieces; i++)
          await file.write(bytes.subarray(Math.floor((length * i) / pieces), Math.floor((length * (i + 1)) / pieces)));
        await file.close();
      };
    return {
      what: `create ${path} ${length} bytes ${writeType} block ${blockSize}${overwrite ? ' overwrite' : ''}${recursive ? ' recursive' : ''}`,
      partly: 'each',
      writes: path,
      model: (model) => model.create(path, bytes, { overwrite, recursive, mode, ttlMs, ttlAction: 'FREE' }),
      run: run(overwrite),
      again: run(true),
    };
  }

  /** A file without bytes, by the requests themselves: every option that there is. */
  #createEmpty(): Operation {
    const path = this.somePath(0.25);
    const random = this.#random;
    const overwrite = random.chance(0.3);
    const creation = this.#creation();
    const [replicationMin, replicationMax] = random.pick([
      [0, -1],
      [1, -1],
      [1, 2],
      [2, 1],
    ] as const);
    const cached = random.chance(0.5) ? 'MUST_CACHE' : 'ASYNC_THROUGH';
    const bytes = this.content(0);
    this.#written({ bytes, writeType: cached });
    const run =
      (replace: boolean): Action<void> =>
      async (_, master) => {
        const options = { ...this.#creationMessage(creation), overwrite: replace, replicationMin, replicationMax };
        await master.unary(fileMethods.createFile, {
          path,
          options: { ...options, blockSizeBytes: 1n << 20n, writeType: writeTypeMessage(cached) },
        });
        const asyncPersistOptions = cached === 'ASYNC_THROUGH' ? { asyncPersistOptions: { persistenceWaitTime: 0n } } : {};
        await master.unary(fileMethods.completeFile, { path, options: { ...asyncPersistOptions, commonOptions: this.#once() } });
      };
    return {
      what: `create ${path} empty ${cached}${overwrite ? ' overwrite' : ''}${textOf(creation)} copies ${replicationMin} to ${replicationMax}`,
      partly: 'each',
      writes: path,
      model: (model) => model.create(path, bytes, { ...creation, overwrite, replicationMin, replicationMax }),
      run: run(overwrite),
      again: run(true),
    };
  }

  #makeDirectory(): Operation {
    const path = this.somePath(0.2);
    const allowExists = this.#random.chance(0.3);
    const creation = this.#creation();
    const writeType = this.#random.pick(WRITE_TYPES);
    const run =
      (allow: boolean): Action<void> =>
      async (_, master) => {
        const options = { ...this.#creationMessage(creation), allowExists: allow, writeType: writeTypeMessage(writeType) };
        await master.unary(fileMethods.createDirectory, { path, options });
      };
    return {
      what: `mkdir ${path} ${writeType}${allowExists ? ' allowExists' : ''}${textOf(creation)}`,
      partly: 'each',
      model: (model) => model.createDirectory(path, { ...creation, allowExists }),
      run: run(allowExists),
      again: run(true),
    };
  }

  #rename(): Operation {
    const from = this.somePath(0.9);
    const to = this.somePath(0.3);
    const overwrite = this.#random.chance(0.3);
    const persist = this.#random.chance(0.2);
    const run: Action<void> = async (_, master) =>
      void (await master.unary(fileMethods.rename, {
        path: from,
        dstPath: to,
        options: { persist, s3SyntaxOptions: { overwrite }, commonOptions: this.#once() },
      }));
    return {
      what: `rename ${from} ${to}${overwrite ? ' overwrite' : ''}${persist ? ' persist' : ''}`,
      partly: 'whole',
      model: (model) => model.rename(from, to, { overwrite }),
      run,
      again: run,
      hadHappened: 'notFound',
    };
  }

  #setAttribute(): Operation {
    const path = this.somePath(0.9);
    const recursive = this.#random.chance(0.3);
    const xattr = { [this.#random.pick(['k', 'l'])]: this.#random.pick(['1', '2']) };
    const change = this.#random.pick<ModelChange>([
      { mode: 0o600 },
      { mode: 0o755 },
      { pinned: true },
      { pinned: false },
      { ttlMs: FAR_MS, ttlAction: this.#random.pick(TTL_ACTIONS) },
      { ttlMs: -1 },
      { owner: 'somebody' },
      { group: 'others' },
      { replicationMin: 1, replicationMax: 2 },
      { replicationMin: 0 },
      { xattr, xattrStrategy: this.#random.pick(STRATEGIES) },
    ]);
    const run: Action<void> = async (_, master) =>
      void (await master.unary(fileMethods.setAttribute, { path, options: { ...changeMessage(change), recursive } }));
    return {
      what: `set ${path} ${JSON.stringify(change)}${recursive ? ' recursive' : ''}`,
      partly: 'each',
      model: (model) => model.setAttribute(path, change, { recursive }),
      run,
      again: run,
    };
  }

  #creation(): ModelCreation {
    const random = this.#random;
    return {
      recursive: random.chance(0.4),
      mode: random.pick([0o755, 0o700, 0o640]),
      ttlMs: random.chance(0.15) ? FAR_MS : -1,
      ttlAction: random.pick(TTL_ACTIONS),
      xattr: random.chance(0.2) ? { k: 'made' } : {},
      xattrOfLeafOnly: random.chance(0.5),
    };
  }

  #creationMessage(creation: ModelCreation): {
    readonly recursive: boolean;
    readonly mode: common.PMode;
    readonly xattr: Record<string, Buffer>;
    readonly xattrPropStrat: fileSystemMaster.XAttrPropagationStrategy;
    readonly commonOptions: fileSystemMaster.FileSystemMasterCommonPOptions;
  } {
    const { recursive = false, mode = 0o755, ttlMs = -1, ttlAction = 'FREE', xattr = {}, xattrOfLeafOnly = false } = creation;
    const { NEW_PATHS, LEAF_NODE } = fileSystemMaster.XAttrPropagationStrategy;
    return {
      recursive,
      mode: modeMessage(mode),
      xattr: xattrMessage(xattr),
      xattrPropStrat: xattrOfLeafOnly ? LEAF_NODE : NEW_PATHS,
      commonOptions: { ...this.#once(), ttl: BigInt(ttlMs), ttlAction: common.TtlAction[ttlAction] },
    };
  }

  #once(): fileSystemMaster.FileSystemMasterCommonPOptions {
    return { operationId: { mostSignificantBits: randomId63(this.#random), leastSignificantBits: randomId63(this.#random) } };
  }
}

export function changeMessage(change: ModelChange): fileSystemMaster.SetAttributePOptions {
  const { mode, ttlMs, ttlAction, xattr, xattrStrategy, ...plain } = change;
  return {
    ...plain,
    ...(mode === undefined ? {} : { mode: modeMessage(mode) }),
    ...(xattr === undefined ? {} : { xattr: xattrMessage(xattr) }),
    ...(xattrStrategy === undefined ? {} : { xattrUpdateStrategy: fileJournal.XAttrUpdateStrategy[xattrStrategy] }),
    commonOptions: {
      ...(ttlMs === undefined ? {} : { ttl: BigInt(ttlMs) }),
      ...(ttlAction === undefined ? {} : { ttlAction: common.TtlAction[ttlAction] }),
    },
  };
}

function xattrMessage(xattr: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(xattr).map(([name, value]) => [name, Buffer.from(value)]));
}

function textOf({ recursive, ttlMs = -1, xattr = {} }: ModelCreation): string {
  return `${recursive === true ? ' recursive' : ''}${ttlMs < 0 ? '' : ` ttl ${ttlMs}`}${Object.keys(xattr).length === 0 ? '' : ' xattr'}`;
}
