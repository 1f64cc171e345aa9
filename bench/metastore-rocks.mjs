// For bench/metastore.mjs: the stores of RocksDB, in a directory of their own that is removed at the end. Its table says what memory there
// is at the end; the most that there was is told on the error output.
// usage: [CACHE=200000] [DIRECTORY=/var/tmp] node bench/metastore.mjs --files 20000000 --module ./metastore-rocks.mjs
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetastore } from '@alluvium/metastore';
import { nodeDisk } from '@alluvium/platform';

const directory = mkdtempSync(join(process.env.DIRECTORY ?? tmpdir(), 'alluvium-bench-'));
const metastore = await openMetastore({ kind: 'ROCKS', directory, cacheSize: Number(process.env.CACHE ?? 200_000) }, nodeDisk());
process.on('exit', () => {
  const [most] = /^VmHWM:.*$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [''];
  if (metastore.inodes.size > 0) console.error(`| ${most} |`);
  rmSync(directory, { recursive: true, force: true });
});

export const heapInodeStore = () => metastore.inodes;
export const heapBlockStore = () => metastore.blocks;
