import { parseBytes } from '@alluvium/base';
import type { ReadType, WriteType } from '../file-system.js';
import type { MasterChannel } from './master-channel.js';
import { configurationMethods } from './services.js';

/** What files are read and written with when a call does not say it. */
export interface Defaults {
  readonly writeType: WriteType;
  readonly readType: ReadType;
  readonly blockSizeBytes: bigint;
}

/** Alluxio 2.9.4's own. */
const BUILT_IN: Defaults = { writeType: 'ASYNC_THROUGH', readType: 'CACHE', blockSizeBytes: 64n << 20n };
const WRITE_TYPES: ReadonlySet<string> = new Set<WriteType>(['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH']);
const READ_TYPES: ReadonlySet<string> = new Set<ReadType>(['CACHE', 'NO_CACHE', 'CACHE_PROMOTE']);

/** The defaults of the cluster, asked for once; the program's own go before them. */
export class ClusterDefaults {
  readonly #master: MasterChannel;
  readonly #own: Partial<Defaults>;
  #known: Promise<Defaults> | undefined;

  constructor(master: MasterChannel, own: Partial<Defaults>) {
    this.#master = master;
    this.#own = own;
  }

  get(): Promise<Defaults> {
    if (this.#known === undefined) {
      this.#known = this.#ask();
      this.#known.catch(() => {
        this.#known = undefined;
      });
    }
    return this.#known;
  }

  async #ask(): Promise<Defaults> {
    const own = this.#own;
    if (own.writeType !== undefined && own.readType !== undefined && own.blockSizeBytes !== undefined) return { ...BUILT_IN, ...own };
    const { clusterConfigs = [] } = await this.#master.unary(configurationMethods.getConfiguration, { ignorePathConf: true });
    const values = new Map(clusterConfigs.map(({ name = '', value }) => [name, value]));
    const writeType = values.get('alluxio.user.file.writetype.default');
    const readType = values.get('alluxio.user.file.readtype.default');
    const blockSize = values.get('alluxio.user.block.size.bytes.default');
    return {
      writeType: WRITE_TYPES.has(writeType ?? '') ? (writeType as WriteType) : BUILT_IN.writeType,
      readType: READ_TYPES.has(readType ?? '') ? (readType as ReadType) : BUILT_IN.readType,
      blockSizeBytes: blockSize === undefined || blockSize === '' ? BUILT_IN.blockSizeBytes : BigInt(parseBytes(blockSize)),
      ...own,
    };
  }
}
