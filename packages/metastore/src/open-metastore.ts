import { fail } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { heapMetastore, type Metastore } from './metastore.js';

export interface MetastoreChoice {
  readonly kind: 'HEAP' | 'ROCKS';
  /** Of ROCKS: emptied when it is opened. */
  readonly directory: string | undefined;
  /** Of ROCKS: inodes, and lengths of blocks, that are kept in memory as objects. */
  readonly cacheSize: number;
}

/** An empty metastore of the kind that was chosen. Throws `failedPrecondition` with what to do where it cannot be had. */
export async function openMetastore(choice: MetastoreChoice, disk: Disk): Promise<Metastore> {
  if (choice.kind === 'HEAP') return heapMetastore();
  if (choice.directory === undefined)
    throw fail('failedPrecondition', 'Cannot open the metastore: alluxio.master.metastore.dir says no directory');
  // Loaded only where it is wanted.
  const { rocksMetastore } = await import('./rocks/rocks-metastore.js');
  return rocksMetastore(disk, choice.directory, choice.cacheSize);
}
