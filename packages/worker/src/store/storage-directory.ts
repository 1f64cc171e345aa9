import { Layout } from './layout.js';

export interface StorageDirectoryOptions {
  readonly path: string;
  /** `MEM`, `SSD`, `HDD`. */
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly capacityBytes: number;
  readonly dataFolder: string;
}

/**
 *   serving --no space on its disk--> full --space again--> serving
 *      |--fails, vanished--> lost --whole again--> serving
 *
 * A full one serves the blocks that it has; of a lost one no block is known.
 */
export type DirectoryState = 'serving' | 'full' | 'lost';

/** One directory of a tier and its budget. Bytes count as used from their reservation until their file is gone. */
export class StorageDirectory {
  readonly path: string;
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly capacityBytes: number;
  readonly layout: Layout;
  usedBytes = 0;
  state: DirectoryState = 'serving';
  /** Its place among the directories of the store, which gives it. */
  number = 0;

  constructor(options: StorageDirectoryOptions) {
    this.path = options.path;
    this.tierAlias = options.tierAlias;
    this.mediumType = options.mediumType;
    this.capacityBytes = options.capacityBytes;
    this.layout = new Layout(options.path, options.dataFolder);
  }

  get availableBytes(): number {
    return this.capacityBytes - this.usedBytes;
  }
}
