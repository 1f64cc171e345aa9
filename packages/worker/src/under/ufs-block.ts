import { fail, messageOf, kindOf, type BlockId, type MountId } from '@alluvium/base';
import type { dataserver } from '@alluvium/wire';

/** Where the bytes of a block lie in an under store. */
export interface UfsBlock {
  readonly id: BlockId;
  readonly length: number;
  readonly mount: MountId;
  readonly ufsPath: string;
  readonly offsetInFile: number;
}

/** Undefined when the options of a request do not name a file. */
export function ufsBlockOf(id: BlockId, options: dataserver.OpenUfsBlockOptions | undefined, length?: number): UfsBlock | undefined {
  const ufsPath = options?.ufsPath;
  const bytes = options?.blockSize === undefined ? length : Number(options.blockSize);
  if (options?.mountId === undefined || ufsPath === undefined || ufsPath === '' || bytes === undefined) return undefined;
  return { id, length: bytes, mount: options.mountId as MountId, ufsPath, offsetInFile: Number(options.offsetInFile ?? 0n) };
}

/** A failure of the under store as a reader is told it, in the form of Alluxio's text. */
export function ufsReadError(block: UfsBlock, offset: number, error: unknown): Error {
  const what = `Failed to read from UFS, blockId=${block.id}, offset=${offset}, options={ufs_path "${block.ufsPath}", offset_in_file ${block.offsetInFile}, block_size ${block.length}, mount_id ${block.mount}}`;
  switch (kindOf(error)) {
    case 'notFound':
      return fail('notFound', `${what}: java.io.FileNotFoundException: ${messageOf(error)}`, error);
    case 'invalidArgument':
    case 'permissionDenied':
    case 'cancelled':
      return fail(kindOf(error), `${what}: ${messageOf(error)}`, error);
    default:
      return fail('unavailable', `${what}: ${messageOf(error)}`, error);
  }
}
