// What this worker knows of blocks, for a master that explains the cache.
import type { BlockId } from '@alluvium/base';
import type { cacheService } from '@alluvium/wire';
import type { Block } from '../store/block.js';
import type { BlockUses } from './block-uses.js';
import type { Departures } from './departures.js';
import { inWords } from './reasons.js';

/** Of a block of which some pages are here. */
export interface PartialFacts {
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly length: number;
  readonly pagesPresent: number;
  readonly pages: number;
  readonly holds: number;
}

export interface ExplainSources {
  readonly blockOf: (id: BlockId) => Block | undefined;
  readonly partialOf: (id: BlockId) => PartialFacts | undefined;
  readonly isProtected: (block: Block) => boolean;
  readonly isOverQuota: (id: BlockId) => boolean;
  readonly uses: BlockUses;
  readonly departures: Departures;
}

/** Blocks of one question. */
const MAX_BLOCKS = 1000;

export function explainBlocks(
  sources: ExplainSources,
  { requestId, blockIds = [] }: cacheService.ExplainOrder,
): cacheService.ExplainResult {
  const blocks: cacheService.BlockFacts[] = [];
  for (const id of blockIds.slice(0, MAX_BLOCKS) as BlockId[]) {
    const facts = factsOf(sources, id);
    if (facts !== undefined) blocks.push(facts);
  }
  return requestId === undefined ? { blocks } : { requestId, blocks };
}

/** Undefined of a block that was never heard of, or forgotten. */
function factsOf(sources: ExplainSources, id: BlockId): cacheService.BlockFacts | undefined {
  const facts: cacheService.BlockFacts = { ...placeFacts(sources, id), ...useFacts(sources, id) };
  const departure = sources.departures.get(id);
  if (departure !== undefined) {
    facts.leftMs = BigInt(Math.floor(departure.atMs));
    facts.leftWhy = inWords(departure.why);
  }
  if (Object.keys(facts).length === 0) return undefined;
  facts.blockId = id;
  facts.cached ??= false;
  if (sources.isOverQuota(id)) facts.overQuota = true;
  return facts;
}

function placeFacts({ blockOf, partialOf, isProtected }: ExplainSources, id: BlockId): cacheService.BlockFacts {
  const block = blockOf(id);
  if (block !== undefined) {
    return {
      cached: true,
      tier: block.directory.tierAlias,
      medium: block.directory.mediumType,
      length: BigInt(block.length),
      pagesPresent: block.pageCount,
      pages: block.pageCount,
      holds: block.holds,
      isProtected: isProtected(block),
    };
  }
  const partial = partialOf(id);
  if (partial === undefined) return {};
  const { tierAlias: tier, mediumType: medium, length, pagesPresent, pages, holds } = partial;
  return { cached: false, tier, medium, length: BigInt(length), pagesPresent, pages, holds };
}

function useFacts({ uses }: ExplainSources, id: BlockId): cacheService.BlockFacts {
  const use = uses.get(id);
  if (use === undefined) return {};
  const { all, fresh } = use;
  const facts: cacheService.BlockFacts = {
    hits: BigInt(all.hits + fresh.hits),
    hitBytes: BigInt(all.hitBytes + fresh.hitBytes),
    misses: BigInt(all.misses + fresh.misses),
    missBytes: BigInt(all.missBytes + fresh.missBytes),
  };
  if (use.lastMs > 0) facts.lastAccessMs = BigInt(Math.floor(use.lastMs));
  if (use.lastMiss !== undefined) facts.lastMiss = inWords(use.lastMiss);
  return facts;
}
