import { fail } from '@alluvium/base';
import type { CacheAdmin, CacheExplanation, CacheFigures, CachePolicy, CacheUse, CacheUseReport, ExplainOptions } from '@alluvium/client';
import { FakeConfigurationAdmin } from './fake-configuration-admin.js';

const NOTHING: CacheFigures = { hits: 0n, hitBytes: 0n, misses: 0n, missBytes: 0n };
export const noUse = (name: string): CacheUse => ({ name, minute: NOTHING, hour: NOTHING, start: NOTHING });

/** What a master tells of the cache, as a test has put it. */
export class FakeCacheAdmin extends FakeConfigurationAdmin implements CacheAdmin {
  policies: CachePolicy[] = [];
  explanations = new Map<string, CacheExplanation>();
  use: CacheUseReport = { total: noUse(''), mounts: [], paths: [], users: [], misses: [], left: [], sinceMs: 0n };

  async cachePolicies(): Promise<CachePolicy[]> {
    return this.policies;
  }

  /** Two blocks at a time. */
  async explainCache(path: string, { fromBlock = 0 }: ExplainOptions = {}): Promise<CacheExplanation> {
    const explanation = this.explanations.get(path);
    if (explanation === undefined) throw fail('notFound', `Path "${path}" does not exist.`);
    return { ...explanation, blocks: explanation.blocks.slice(fromBlock, fromBlock + 2) };
  }

  async cacheUse(): Promise<CacheUseReport> {
    return this.use;
  }
}
