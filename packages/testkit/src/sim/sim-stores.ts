import { fail } from '@alluvium/base';
import { SimStore, type SimStoreOptions, type StoreKind, type StoreStep } from './sim-store.js';

/** The under stores of a simulation, by URI: `sim://NAME` is a file system, `sim-objects://NAME` a bucket; made when first asked for. */
export class SimStores {
  readonly #o: Omit<SimStoreOptions, 'uri' | 'kind'>;
  readonly #stores = new Map<string, SimStore>();

  constructor(options: Omit<SimStoreOptions, 'uri' | 'kind'>) {
    this.#o = options;
  }

  at(uri: string): SimStore {
    const key = uri.replace(/\/+$/, '');
    const found = this.#stores.get(key);
    if (found !== undefined) return found;
    const kind: StoreKind | undefined = key.startsWith('sim://') ? 'files' : key.startsWith('sim-objects://') ? 'objects' : undefined;
    if (kind === undefined) throw fail('invalidArgument', `No Under File System Factory found for: ${uri}`);
    const store = new SimStore({ ...this.#o, random: this.#o.random.fork(), uri: key, kind });
    store.step = (process, what, when) => this.step?.(process, what, when);
    this.#stores.set(key, store);
    return store;
  }

  /** Told of every step of every call to any of them. */
  step: StoreStep | undefined;

  all(): readonly SimStore[] {
    return [...this.#stores.values()];
  }

  /** How many calls have failed. */
  get failures(): number {
    return this.all().reduce((sum, { failures }) => sum + failures, 0);
  }
}
