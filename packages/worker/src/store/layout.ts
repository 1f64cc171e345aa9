// Where files lie inside a storage directory. Clients on the same machine open block files by these paths, and some
// compute them on their own, so the names are Alluxio's; the sidecars are ours.
import type { BlockId } from '@alluvium/base';

/** `.tmp_blocks/<session mod 1024>/` keeps any one directory small. */
const TEMP_FANOUT = 1024n;
const BLOCK_NAME = /^(0|[1-9][0-9]{0,18})$/;
const MAX_ID = (1n << 63n) - 1n;

export class Layout {
  /** `<storage directory>/alluxioworker` */
  readonly root: string;

  constructor(directory: string, dataFolder: string) {
    this.root = `${directory.replace(/\/+$/, '')}/${dataFolder}`;
  }

  get sidecars(): string {
    return `${this.root}/.meta`;
  }

  /** Names the cluster that the blocks belong to. */
  get owner(): string {
    return `${this.sidecars}/cluster`;
  }

  /** All sidecars in one file, while no worker runs. */
  get pack(): string {
    return `${this.sidecars}/pack`;
  }

  /** Written and removed to see whether the disk still works. */
  get probe(): string {
    return `${this.sidecars}/probe`;
  }

  /** Blocks of which only some pages are here. */
  get partial(): string {
    return `${this.root}/.partial`;
  }

  get temporary(): string {
    return `${this.root}/.tmp_blocks`;
  }

  /** Second names of the files that clients on this machine have open; beside the blocks, which others cannot get at. */
  get shared(): string {
    return `${this.root}-shared`;
  }

  block(id: BlockId): string {
    return `${this.root}/${id}`;
  }

  sidecar(id: BlockId): string {
    return `${this.sidecars}/${id}`;
  }

  temporaryFolder(session: bigint): string {
    return `${this.temporary}/${session % TEMP_FANOUT}`;
  }

  temporaryBlock(session: bigint, id: BlockId): string {
    return `${this.temporaryFolder(session)}/${session.toString(16)}-${id}`;
  }
}

/** The block id that a file name stands for, or undefined for other names. */
export function blockIdOfName(name: string): BlockId | undefined {
  if (!BLOCK_NAME.test(name)) return undefined;
  const id = BigInt(name);
  return id <= MAX_ID ? (id as BlockId) : undefined;
}
