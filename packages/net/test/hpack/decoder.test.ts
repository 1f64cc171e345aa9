import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder, HpackError } from '@alluvium/net/hpack/decoder.js';
import { encodeHeaders } from '@alluvium/net/hpack/encoder.js';
import { ReferenceEncoder, integer } from '../support/reference-encoder.js';
import type { Representation } from '../support/reference-encoder.js';

const LIMITS = { tableBytes: 4096, listBytes: 8192, fields: 128 };

function decode(decoder: HpackDecoder, block: Buffer): string[] {
  return [...decoder.decode(block, 0, block.length).fields];
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function refuses(block: Buffer, message: string, decoder = new HpackDecoder(LIMITS)): void {
  assert.throws(
    () => decode(decoder, block),
    (error: unknown) => error instanceof HpackError && error.message === message,
  );
}

describe('the examples of RFC 7541, appendix C', () => {
  const first = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
  const third = [':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'];
  const requests = [
    [first, 57],
    [[...first, 'cache-control', 'no-cache'], 110],
    [[...third, 'custom-key', 'custom-value'], 164],
  ] as const;
  const date = 'Mon, 21 Oct 2013 20:13:21 GMT';
  const cookie = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
  const moved = (status: string): string[] => [
    ...[':status', status, 'cache-control', 'private'],
    ...['date', date, 'location', 'https://www.example.com'],
  ];
  const responses = [
    [moved('302'), 222],
    [moved('307'), 222],
    [
      [
        ...[':status', '200', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
        ...['location', 'https://www.example.com', 'content-encoding', 'gzip', 'set-cookie', cookie],
      ],
      215,
    ],
  ] as const;

  for (const [name, block, fields, tableBytes] of [
    ['C.2.1', '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', ['custom-key', 'custom-header'], 55],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', [':path', '/sample/path'], 0],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', ['password', 'secret'], 0],
    ['C.2.4', '82', [':method', 'GET'], 0],
  ] as const) {
    it(name, () => {
      const decoder = new HpackDecoder(LIMITS);
      assert.deepEqual(decode(decoder, hex(block)), fields);
      assert.equal(decoder.tableBytes, tableBytes);
    });
  }

  for (const [name, tableBytes, expected, blocks] of [
    [
      'C.3, requests without Huffman coding',
      4096,
      requests,
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'C.4, requests with Huffman coding',
      4096,
      requests,
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
    [
      'C.5, responses without Huffman coding, with eviction',
      256,
      responses,
      [
        `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
        '4803 3330 37c1 c0bf',
        `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
         54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b
         206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
      ],
    ],
    [
      'C.6, responses with Huffman coding, with eviction',
      256,
      responses,
      [
        `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        '4883 640e ffc1 c0bf',
        `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
         77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
      ],
    ],
  ] as const) {
    it(name, () => {
      const decoder = new HpackDecoder({ ...LIMITS, tableBytes });
      blocks.forEach((block, i) => {
        assert.deepEqual(decode(decoder, hex(block.replaceAll(/\s/g, ''))), expected[i]![0]);
        assert.equal(decoder.tableBytes, expected[i]![1]);
      });
    });
  }
});

describe('the dynamic table', () => {
  const name = fc.constantFrom('a', 'b', 'channel-id', 'x-long-name-for-eviction');
  const value = fc.oneof(fc.constantFrom('', '1', '2'), fc.string({ maxLength: 120, unit: 'binary-ascii' }));
  const representation = fc.constantFrom<Representation>('indexed', 'indexed', 'incremental', 'plain', 'never');
  const blocks = fc.array(
    fc.record({
      sizes: fc.array(fc.integer({ min: 0, max: 256 }), { maxLength: 2 }),
      fields: fc.array(fc.tuple(name, value, representation), { maxLength: 12 }),
    }),
    { maxLength: 20 },
  );

  it('is the same on both sides after any sequence of blocks', () => {
    fc.assert(
      fc.property(blocks, (sequence) => {
        const encoder = new ReferenceEncoder(256);
        const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 256 });
        for (const { sizes, fields } of sequence) {
          const block = Buffer.concat([
            ...sizes.map((bytes) => encoder.resize(bytes)),
            ...fields.map(([n, v, how]) => encoder.field(n, v, how)),
          ]);
          assert.deepEqual(
            decode(decoder, block),
            fields.flatMap(([n, v]) => [n, v]),
          );
          assert.equal(decoder.tableBytes, encoder.tableBytes);
        }
      }),
      { seed: 7541, numRuns: 500 },
    );
  });

  it('does not answer a block from what an older table made of it', () => {
    const encoder = new ReferenceEncoder(4096);
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, encoder.field('a', '1', 'incremental'));
    const newest = hex('be');
    assert.deepEqual(decode(decoder, newest), ['a', '1']);
    assert.deepEqual(decode(decoder, newest), ['a', '1']);
    decode(decoder, encoder.field('a', '2', 'incremental'));
    assert.deepEqual(decode(decoder, newest), ['a', '2']);
    decode(decoder, integer(0x20, 5, 0));
    refuses(newest, 'no header at index 62', decoder);
  });
});

describe('a header list', () => {
  it('that is too long is cut and marked, and the connection goes on', () => {
    const decoder = new HpackDecoder({ ...LIMITS, listBytes: 100 });
    const encoder = new ReferenceEncoder(4096);
    const block = Buffer.concat([encoder.field('a', 'x'.repeat(60), 'incremental'), encoder.field('b', '1', 'incremental')]);
    const list = decoder.decode(block, 0, block.length);
    assert.equal(list.tooLarge, true);
    assert.deepEqual(list.fields, ['a', 'x'.repeat(60)]);
    assert.deepEqual(decode(decoder, hex('be')), ['b', '1']);
  });

  it('of many fields is cut', () => {
    const decoder = new HpackDecoder({ ...LIMITS, fields: 3 });
    const list = decoder.decode(hex('82828282'), 0, 4);
    assert.deepEqual([list.tooLarge, list.fields.length], [true, 6]);
  });

  it('that names one long entry often keeps nothing of it', () => {
    const decoder = new HpackDecoder(LIMITS);
    const encoder = new ReferenceEncoder(4096);
    const block = Buffer.concat([encoder.field('a', 'x'.repeat(4000), 'incremental'), Buffer.alloc(60_000, 0xbe)]);
    const list = decoder.decode(block, 0, block.length);
    assert.deepEqual([list.tooLarge, list.fields.length], [true, 4]);
  });

  it('that we encode can be decoded', () => {
    const field = fc.tuple(fc.constantFrom(':status', ':path', 'te', 'x-y'), fc.string({ maxLength: 300, unit: 'binary-ascii' }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        assert.deepEqual(decode(new HpackDecoder({ ...LIMITS, listBytes: 1e6 }), encodeHeaders(fields.flat())), fields.flat());
      }),
      { seed: 1 },
    );
  });
});

describe('a malformed block', () => {
  for (const [name, block, message] of [
    ['index 0', '80', 'no header at index 0'],
    ['an index past both tables', 'be', 'no header at index 62'],
    ['a name past both tables', '7e 01 61', 'no header at index 62'],
    ['an integer without end', 'ff 80 80', 'header block ends inside an integer'],
    ['an integer of too many bytes', 'ff ff ff ff ff ff ff 01', 'integer too large'],
    ['an integer of many zeroes', '7f 80 80 80 80 80 80 00', 'integer too large'],
    ['an integer above what a block can hold', 'ff 80 80 80 80 0f', 'integer too large'],
    ['a string past the end', '00 05 61', 'header block ends inside a string'],
    ['no string', '00', 'header block ends before a string'],
    ['a Huffman string with EOS', '00 84 ff ff ff ff', 'bad Huffman code'],
    ['Huffman padding of eight bits', '00 82 1f ff', 'bad Huffman code'],
    ['Huffman padding that is not ones', '00 81 18', 'bad Huffman code'],
    ['a table over the limit', '3f e2 1f', 'table size over the limit'],
    ['a table size after a header', '82 20', 'table size update after a header'],
  ] as const) {
    it(`with ${name} is refused`, () => refuses(hex(block), message));
  }

  const readable = (block: Uint8Array, decoder: HpackDecoder): void => {
    try {
      decode(decoder, Buffer.from(block));
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
    }
    assert.ok(decoder.tableBytes <= LIMITS.tableBytes);
  };

  it('of random bytes gives a list or an HpackError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (blocks) => {
        const decoder = new HpackDecoder(LIMITS);
        for (const block of blocks) readable(block, decoder);
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  it('made from a good one by changing bytes gives a list or an HpackError', () => {
    const good = hex('88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf');
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const block = Buffer.from(good);
        for (const [at, byte] of changes) block[at] = byte;
        readable(block.subarray(0, length), new HpackDecoder(LIMITS));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});
