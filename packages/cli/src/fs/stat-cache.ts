// `stat --cache`: block by block where a file is cached, how it is read there, or why it is not cached.
import type { BlockOnWorker, CacheExplanation, CachePolicy, ExplainedBlock } from '@alluvium/client';
import { quotaText } from '../fsadmin/cache-policy.js';
import { JsonList } from '../output/json-list.js';
import { formatSize } from '../output/size.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

/** Blocks asked for at a time. */
const PAGE = 500;

export async function statCache(session: Session, paths: readonly string[]): Promise<void> {
  const json = session.json ? new JsonList(session) : undefined;
  await session.forEachPath(paths, async (path, fileSystem) => {
    // A file that only the store has is loaded by this.
    await fileSystem.status(path, { signal: session.signal });
    const { admin } = fileSystem;
    const explain = (fromBlock: number): Promise<CacheExplanation> =>
      admin.explainCache(path, { fromBlock, limit: PAGE, signal: session.signal });
    let page = await explain(0);
    if (json === undefined) for (const line of fileLines(page)) await session.print(line);
    const blocks: ExplainedBlock[] = [];
    for (let at = 0; page.blocks.length > 0;) {
      for (const block of page.blocks) {
        if (json !== undefined) blocks.push(block);
        else for (const line of blockLines(block, at, page)) await session.print(line);
        at++;
      }
      if (at >= page.blockCount) break;
      page = await explain(at);
    }
    if (json !== undefined) await json.add({ ...page, blocks });
  });
  await json?.end();
}

function fileLines(file: CacheExplanation): string[] {
  const lines = [
    `${file.path}: ${formatSize(file.lengthBytes)} in ${file.blockCount === 1 ? '1 block' : `${file.blockCount} blocks`}`,
    `  ${file.persisted ? 'in the store' : 'not in the store yet'}${file.pinned ? `, pinned${file.pinnedMedia.length > 0 ? ` to ${file.pinnedMedia.join(', ')}` : ''}` : ''}`,
    `  policy: ${file.policy === undefined ? 'none' : policyText(file.policy)}`,
  ];
  if (file.silentWorkers.length > 0) lines.push(`  did not answer: ${file.silentWorkers.join(', ')}`);
  if (file.unaskedWorkers.length > 0) lines.push(`  cannot be asked: ${file.unaskedWorkers.join(', ')}`);
  return lines;
}

function policyText(policy: CachePolicy): string {
  const { path, priority, quotaUsedBytes } = policy;
  const used = quotaUsedBytes === undefined ? '' : `, ${formatSize(quotaUsedBytes)} of it used`;
  return `that of ${path}: priority ${priority}, quota ${quotaText(policy)}${used}`;
}

function blockLines(block: ExplainedBlock, index: number, file: CacheExplanation): string[] {
  const head = `block ${index} id=${block.blockId} offset=${block.offset} length=${block.lengthBytes}: ${copiesText(block, file)}`;
  return [head, ...block.workers.map((worker) => `  ${workerText(worker)}`)];
}

function copiesText({ copies, whyNot }: ExplainedBlock, { replicationMin, replicationMax }: CacheExplanation): string {
  if (whyNot !== undefined) return `not cached: ${whyNot}`;
  const bounds: string[] = [];
  if (replicationMin > 0) bounds.push(`${replicationMin} wanted`);
  if (replicationMax >= 0) bounds.push(`${replicationMax} at most`);
  return `${copies === 1 ? '1 copy' : `${copies} copies`}${bounds.length > 0 ? ` (${bounds.join(', ')})` : ''}`;
}

function workerText(at: BlockOnWorker): string {
  const place = at.tier === undefined ? '' : ` ${at.tier}${at.medium === undefined || at.medium === at.tier ? '' : `/${at.medium}`}`;
  const facts = [
    at.cached ? `cached${place}` : (at.pagesPresent ?? 0) > 0 ? `${at.pagesPresent} of ${at.pages} pages${place}` : 'not cached',
  ];
  if (at.isProtected === true) facts.push('not to be evicted');
  if (at.overQuota) facts.push('over quota');
  if ((at.holds ?? 0) > 0) facts.push(`in use by ${at.holds}`);
  if (at.hits !== undefined) facts.push(`hits ${at.hits}`);
  if (at.misses !== undefined) facts.push(`misses ${at.misses}`);
  if (at.lastAccessMs !== undefined) facts.push(`read ${formatTime(at.lastAccessMs)}`);
  if (at.lastMiss !== undefined) facts.push(`last miss: ${at.lastMiss}`);
  if (!at.cached && at.leftMs !== undefined) facts.push(`left ${formatTime(at.leftMs)}: ${at.leftWhy ?? 'not told why'}`);
  return `${at.worker} ${facts.join('; ')}`;
}
