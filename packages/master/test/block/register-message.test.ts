import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerMessages } from '@alluvium/master/block/register-message.js';
import { BinaryWriter, blockMaster } from '@alluvium/wire';

const place = { tierAlias: 'SSD', mediumType: 'NVME' };
const LEN = 2;

test('block ids are read from where they lie, one by one or packed, and the rest as ever', () => {
  const whole = { workerId: 5n, storageTiers: ['SSD'], currentBlocks: [{ key: place, value: { blockId: [1n, -1n, 2n ** 62n] } }] };
  const encoded = blockMaster.RegisterWorkerPRequest.encode({ ...whole, options: { numVCpu: 3 } }).finish();
  // Cut where the network may cut it.
  const { request, blocks } = registerMessages.decode([encoded.subarray(0, 9), encoded.subarray(9)], encoded.length);
  assert.deepEqual([request.workerId, request.storageTiers, request.options?.numVCpu], [5n, ['SSD'], 3]);
  assert.deepEqual(request.currentBlocks, []);
  assert.deepEqual(
    blocks.map(({ blockIds, ...at }) => ({ ...at, ids: [...blockIds] })),
    [{ ...place, ids: [1n, -1n, 2n ** 62n] }],
  );
  assert.deepEqual([...blocks[0]!.blockIds], [1n, -1n, 2n ** 62n], 'again');

  const packed = new BinaryWriter();
  packed.uint32((8 << 3) | LEN).fork();
  packed.uint32((2 << 3) | LEN).fork();
  packed.uint32((1 << 3) | LEN).fork();
  packed.int64(7n).int64(8n).join();
  packed.uint32(9 << 3).int64(1n);
  packed.uint32(1 << 3).int64(9n);
  packed.join().join();
  const bytes = packed.finish();
  const [list] = registerMessages.decode([bytes], bytes.length).blocks;
  assert.deepEqual([list!.tierAlias, list!.mediumType, [...list!.blockIds]], ['MEM', 'MEM', [7n, 8n, 9n]]);
});

test('bytes that are no list of blocks are an error, at the latest when it is read', () => {
  for (const body of [[0x0a], [0x12, 0x02, 0x0a, 0x05], [0x12, 0x01, 0x08], [0x12, 0x03, 0x0a, 0x01, 0x80]]) {
    const bytes = Buffer.from([(8 << 3) | LEN, body.length, ...body]);
    assert.throws(() => registerMessages.decode([bytes], bytes.length).blocks.forEach(({ blockIds }) => [...blockIds]), {
      kind: 'internal',
    });
  }
});
