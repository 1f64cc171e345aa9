// A window of a block whose damaged pages have been mended on the way, where another copy has their bytes.
import type { PageRepair } from '../scrub/page-repair.js';
import type { BlockReader } from '../store/block-reader.js';
import { isOfDisk } from '../store/directory-watch.js';
import type { PagePool } from '../transfer/page-pool.js';
import type { Window } from '../transfer/window.js';
import { checkedWindow, PageDamaged } from './checked-window.js';

/** As {@link checkedWindow}; throws {@link PageDamaged} only for a page that could not be mended, or not for long. */
export async function mendedWindow(
  d: { readonly pool: PagePool; readonly repair: Pick<PageRepair, 'repair'> },
  reader: BlockReader,
  from: number,
  to: number,
): Promise<Window> {
  for (let mended: number | undefined; ;) {
    try {
      return await checkedWindow(reader, from, to, d.pool);
    } catch (caught) {
      const error = await asDamage(reader, from, caught);
      if (!(error instanceof PageDamaged) || error.page === mended || reader.block.leaving !== undefined) throw error;
      if ((await d.repair.repair(reader.block, error.page)) !== 'mended') throw error;
      mended = error.page;
    }
  }
}

/** What the disk does not give is as good as damaged: another copy may have it. */
async function asDamage(reader: BlockReader, from: number, error: unknown): Promise<unknown> {
  if (error instanceof PageDamaged || !isOfDisk(error)) return error;
  await reader.failed(error);
  return new PageDamaged(reader.block, Math.floor(from / reader.block.pageBytes));
}
