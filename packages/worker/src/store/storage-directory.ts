import { Layout } from './layout.js';

export interface StorageDirectoryOptions {
  readonly path: string;
  /** `MEM`, `SSD`, `HDD`. */
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly capacityBytes: number;
  readonly dataFolder: string;
}

/** One directory of a tier and its budget. Bytes count as used from their reservation until their file is gone. */
export class StorageDirectory {
  readonly path: string;
  readonly tierAlias: string;
  readonly mediumType: string;
  readonly capacityBytes: number;
  readonly layout: Layout;
  usedBytes = 0;

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
