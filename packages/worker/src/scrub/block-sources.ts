// Where else the bytes of a block are, as the master knows it.
import { sequenceOf, type BlockId } from '@alluvium/base';
import type { Address } from '@alluvium/net';
import type { fileSystemMaster, workerControl } from '@alluvium/wire';

export interface BlockSources {
  /** Other workers with a copy. */
  readonly workers: readonly Address[];
  /** Its place in an under store, once the file is there. */
  readonly stored: workerControl.StoredBlock | undefined;
}

/** `isSelf` tells this worker's own address. */
export function blockSources(id: BlockId, file: fileSystemMaster.FileInfo, isSelf: (host: string, port: number) => boolean): BlockSources {
  const info = file.fileBlockInfos?.find(({ blockInfo }) => blockInfo?.blockId === id)?.blockInfo;
  const workers: Address[] = [];
  for (const { workerAddress } of info?.locations ?? []) {
    const { host = '', dataPort = 0 } = workerAddress ?? {};
    if (host !== '' && !isSelf(host, dataPort)) workers.push({ host, port: dataPort });
  }
  const offsetInFile = BigInt(sequenceOf(id)) * (file.blockSizeBytes ?? 0n);
  const stored = { mountId: file.mountId ?? -1n, ufsPath: file.ufsPath ?? '', offsetInFile };
  return { workers, stored: file.persisted === true ? stored : undefined };
}
