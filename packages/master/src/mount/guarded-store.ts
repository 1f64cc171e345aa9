import { fail } from '@alluvium/base';
import { WrappedStore, type ListOptions, type ReadOptions, type UfsStatus, type UnderStore, type Verb } from '@alluvium/ufs';
import type { UfsMode } from './ufs-modes.js';

const READS: ReadonlySet<Verb> = new Set<Verb>(['status', 'list', 'read', 'space']);

/** Refuses what the mode of a store does not allow, before the store is asked. */
export class GuardedStore extends WrappedStore {
  readonly #mode: () => UfsMode;

  constructor(inner: UnderStore, mode: () => UfsMode) {
    super(inner);
    this.#mode = mode;
  }

  override list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    const refused = this.#refusal('list', path);
    return refused === undefined ? this.inner.list(path, options) : failing(refused);
  }

  override read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    const refused = this.#refusal('read', path);
    return refused === undefined ? this.inner.read(path, options) : failing(refused);
  }

  protected override call<T>(verb: Verb, run: () => Promise<T>, path: string): Promise<T> {
    const refused = this.#refusal(verb, path);
    return refused === undefined ? run() : Promise.reject(refused);
  }

  #refusal(verb: Verb, path: string): Error | undefined {
    const mode = this.#mode();
    if (mode === 'READ_WRITE') return undefined;
    const kind = READS.has(verb) ? 'READ' : 'WRITE';
    return kind === 'READ' && mode === 'READ_ONLY' ? undefined : notAllowed(kind, path === '' ? this.uri : `${this.uri}/${path}`, mode);
  }
}

/** As a 2.9.4 master says it. */
export function notAllowed(kind: 'READ' | 'WRITE', ufsPath: string, mode: UfsMode): Error {
  return fail('permissionDenied', `Operation ${kind} not allowed on ufs path ${ufsPath} under maintenance mode ${mode}`);
}

// oxlint-disable-next-line require-yield -- an iteration that fails at its first step
async function* failing(error: Error): AsyncGenerator<never> {
  await Promise.reject(error);
}
