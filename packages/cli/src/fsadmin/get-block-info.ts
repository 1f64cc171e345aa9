import { fileIdOfBlock, kindOf } from '@alluvium/base';
import type { BlockId } from '@alluvium/base';
import type { BlockReport, ClusterAdmin } from '@alluvium/client';
import type { Session } from '../session.js';

/** What is known of a block; that nothing is known of it, or of its file, is an answer too. */
export async function getBlockInfo(session: Session, [blockId]: readonly [bigint]): Promise<void> {
  const fileSystem = await session.fileSystem();
  const request = { signal: session.signal };
  const fileId = fileIdOfBlock(blockId as BlockId);
  const block = await unlessMissing(fileSystem.block(blockId, request));
  const path = await pathOf(fileSystem.admin, fileId, request);
  if (session.json) return session.printJson({ blockId, block, fileId, path });
  await session.print(block === undefined ? `BlockMeta is not available for blockId: ${blockId}` : describe(block));
  await session.print(`This block belongs to file {id=${fileId}${path === undefined ? '' : `, path=${path}`}}`);
}

function pathOf(admin: ClusterAdmin, fileId: bigint, request: { readonly signal: AbortSignal }): Promise<string | undefined> {
  return unlessMissing(admin.pathOf(fileId, request));
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (kindOf(error) === 'notFound') return undefined;
    throw error;
  }
}

function describe({ blockId, lengthBytes, locations }: BlockReport): string {
  const places = locations.map(({ host, rpcPort, tier }) => `${host}:${rpcPort} (${tier})`).join(', ');
  return `BlockInfo{id=${blockId}, length=${lengthBytes}, locations=[${places}]}`;
}
