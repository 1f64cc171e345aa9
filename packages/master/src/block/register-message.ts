// A registration as it comes from the wire, with its block ids left encoded: a Java worker sends a million of them in one message, and
// they are read in slices.
import type { BlockId } from '@alluvium/base';
import type { Codec } from '@alluvium/net';
import { BinaryReader, blockMaster, common } from '@alluvium/wire';

const { RegisterWorkerPRequest } = blockMaster;

/** Tag of RegisterWorkerPRequest.currentBlocks. */
const CURRENT_BLOCKS = (8 << 3) | 2;
/** Tags of LocationBlockIdListEntry. */
const KEY = (1 << 3) | 2;
const VALUE = (2 << 3) | 2;
/** Tags of BlockIdList.blockId: one, and many in one field. */
const BLOCK_ID = 1 << 3;
const BLOCK_IDS = (1 << 3) | 2;

export interface ListedBlocks {
  readonly tierAlias: string;
  readonly mediumType: string;
  /** Reading on throws `internal` where the bytes are malformed. */
  readonly blockIds: Iterable<BlockId>;
}

export interface RegisterMessage {
  /** Without the blocks. */
  readonly request: blockMaster.RegisterWorkerPRequest;
  readonly blocks: readonly ListedBlocks[];
}

export const registerMessages: Codec<RegisterMessage> = {
  encode: ({ request }) => RegisterWorkerPRequest.encode(request).finish(),
  decode(parts) {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const reader = new BinaryReader(bytes);
    const rest: Uint8Array[] = [];
    const blocks: ListedBlocks[] = [];
    let from = 0;
    while (reader.pos < reader.len) {
      const at = reader.pos;
      const tag = reader.uint32();
      if (tag !== CURRENT_BLOCKS) {
        reader.skip(tag);
        continue;
      }
      rest.push(bytes.subarray(from, at));
      blocks.push(listedIn(reader.bytes()));
      from = reader.pos;
    }
    rest.push(bytes.subarray(from));
    return { request: RegisterWorkerPRequest.decode(Buffer.concat(rest)), blocks };
  },
};

function listedIn(bytes: Uint8Array): ListedBlocks {
  const reader = new BinaryReader(bytes);
  let key: common.BlockStoreLocationProto = {};
  const values: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === KEY) key = common.BlockStoreLocationProto.decode(reader.bytes());
    else if (tag === VALUE) values.push(reader.bytes());
    else reader.skip(tag);
  }
  return { ...placeIn(key), blockIds: { [Symbol.iterator]: () => idsIn(values) } };
}

/** The tier and medium that an entry of a report names; without a medium it is called like the tier. */
export function placeIn(key: common.BlockStoreLocationProto | undefined): { readonly tierAlias: string; readonly mediumType: string } {
  const tierAlias = key?.tierAlias ?? 'MEM';
  return { tierAlias, mediumType: key?.mediumType ?? tierAlias };
}

function* idsIn(values: readonly Uint8Array[]): Generator<BlockId, void> {
  for (const bytes of values) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === BLOCK_ID) {
        yield reader.int64() as BlockId;
      } else if (tag === BLOCK_IDS) {
        const end = reader.packedEnd();
        while (reader.pos < end) yield reader.int64() as BlockId;
        reader.expectEnd(end);
      } else {
        reader.skip(tag);
      }
    }
  }
}
