// Our reader and writer against those of @bufbuild/protobuf, and against bytes that nobody should send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryReader as OracleReader, BinaryWriter as OracleWriter } from '@bufbuild/protobuf/wire';
import { BinaryReader, BinaryWriter, fileSystemMaster, journal } from '@alluvium/wire';
import fc from 'fast-check';

type Scalar = 'uint32' | 'int32' | 'int64' | 'float' | 'double' | 'bool' | 'string' | 'bytes';
type Step = { readonly kind: Scalar; readonly value: never } | { readonly kind: 'message'; readonly steps: readonly Step[] };

const int32 = fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, -1, 0, 127, 128));
const uint32 = fc.oneof(fc.nat(), fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 32 - 1));
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int64 = fc.oneof(
  signed,
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 2n ** 53n + 1n, 2n ** 31n, 2n ** 32n, 2n ** 28n, 2n ** 35n),
);
const text = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.string({ unit: 'binary-ascii', maxLength: 12 }),
);

const arbitraries: Record<Scalar, fc.Arbitrary<unknown>> = {
  uint32,
  int32,
  float: fc.float(),
  double: fc.double(),
  bool: fc.boolean(),
  string: text,
  bytes: fc.uint8Array({ maxLength: 300 }),
  int64,
};

const { step } = fc.letrec<{ step: Step }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    ...Object.entries(arbitraries).map(([kind, value]) =>
      fc.record({ kind: fc.constant(kind as Scalar), value: value as fc.Arbitrary<never> }),
    ),
    fc.record({ kind: fc.constant('message' as const), steps: fc.array(tie('step') as fc.Arbitrary<Step>, { maxLength: 8 }) }),
  ),
}));
const steps = fc.array(step, { maxLength: 30 });

type AnyWriter = OracleWriter | BinaryWriter;

function write(writer: AnyWriter, list: readonly Step[]): AnyWriter {
  for (const s of list) {
    if (s.kind === 'message') write(writer.fork(), s.steps).join();
    else writer[s.kind](s.value);
  }
  return writer;
}

function check(reader: BinaryReader, list: readonly Step[]): void {
  for (const s of list) {
    if (s.kind === 'message') {
      const end = reader.enter(reader.uint32());
      check(reader, s.steps);
      reader.leave(end);
    } else {
      const read: unknown = reader[s.kind]();
      if (s.kind === 'bytes') assert.deepEqual(new Uint8Array(read as Uint8Array), s.value);
      else assert.ok(Object.is(read, s.value), `${s.kind} ${String(s.value)} was read as ${String(read)}`);
    }
  }
}

test('what is written is what @bufbuild/protobuf writes, and reads back', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const ours = write(new BinaryWriter(), list).finish();
      assert.deepEqual(new Uint8Array(ours), new Uint8Array(write(new OracleWriter(), list).finish()));
      check(new BinaryReader(ours), list);
    }),
  );
});

test('varints of any length are read as @bufbuild/protobuf reads them', () => {
  const varint = fc
    .tuple(fc.array(fc.integer({ min: 0x80, max: 0xff }), { maxLength: 9 }), fc.nat(0x7f))
    .map(([head, last]) => Buffer.from([...head, last]));
  fc.assert(
    fc.property(varint, (bytes) => {
      for (const kind of ['uint32', 'int32', 'int64', 'bool'] as const) {
        const oracle = new OracleReader(bytes)[kind]();
        assert.equal(new BinaryReader(bytes)[kind](), typeof oracle === 'string' ? BigInt(oracle) : oracle, kind);
      }
    }),
  );
});

test('bytes of a finished message are never written again', () => {
  const kept: { readonly message: Buffer; readonly copy: string }[] = [];
  for (let i = 0; i < 5_000; i++) {
    const message = new BinaryWriter().string(`message ${i} `.repeat((i * 7) % 90)).finish();
    kept.push({ message, copy: message.toString('latin1') });
  }
  for (const { message, copy } of kept) assert.equal(message.toString('latin1'), copy);
});

test('two writers at work at once do not share memory', () => {
  const first = new BinaryWriter().string('first');
  const second = new BinaryWriter().string('second');
  first.string('more of the first');
  second.fork().string('more').join();
  const expected = new BinaryWriter().string('first').string('more of the first').finish().toString('latin1');
  assert.equal(first.finish().toString('latin1'), expected);
  assert.equal(second.finish().toString('latin1'), '\x06second\x05\x04more');
});

test('a message that outgrows its slab keeps its open forks', () => {
  new BinaryWriter().string('something before it in the slab').finish();
  const big = 'x'.repeat(40_000);
  const bytes = new BinaryWriter().fork().string('a').fork().string(big).join().join().finish();
  const oracle = new OracleWriter().fork().string('a').fork().string(big).join().join().finish();
  assert.ok(bytes.equals(oracle));
});

test('the length of a nested message is put right wherever its slab ends', () => {
  const slabBytes = 16 * 1024;
  for (let rest = 512; rest < 1024; rest++) {
    // Never finished, so that the next writer begins a slab.
    new BinaryWriter().raw(Buffer.alloc(1));
    new BinaryWriter()
      .raw(Buffer.alloc(1))
      .raw(Buffer.alloc(slabBytes - rest - 1))
      .finish();
    const inner = Buffer.alloc(600, 7);
    const bytes = new BinaryWriter().uint32(10).fork().raw(inner).join().finish();
    assert.ok(bytes.equals(new OracleWriter().uint32(10).fork().raw(inner).join().finish()), `${rest} bytes left of the slab`);
  }
});

test('a value outside its type is refused', () => {
  for (const value of [2 ** 32, -1, 1.5, Number.NaN]) assert.throws(() => new BinaryWriter().uint32(value), /is not of type uint32/);
  for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5]) assert.throws(() => new BinaryWriter().int32(value), /is not of type int32/);
  for (const value of [2n ** 63n, -(2n ** 63n) - 1n]) assert.throws(() => new BinaryWriter().int64(value), /is not of type int64/);
});

const { PAcl, FileInfo, GetStatusPRequest, ListStatusPResponse } = fileSystemMaster;

const refused: Readonly<Record<string, () => unknown>> = {
  'a varint without an end': () => GetStatusPRequest.decode(Buffer.from('80', 'hex')),
  'a varint of eleven bytes': () => PAcl.decode(Buffer.from(`20${'ff'.repeat(11)}01`, 'hex')),
  'a value cut off': () => PAcl.decode(Buffer.from('20', 'hex')),
  'a string longer than its message': () => GetStatusPRequest.decode(Buffer.from('0a0561', 'hex')),
  'a string of four gigabytes': () => GetStatusPRequest.decode(Buffer.from('0affffffff0f61', 'hex')),
  'a nested message longer than what holds it': () => GetStatusPRequest.decode(Buffer.from('1205', 'hex')),
  'a field that runs out of its nested message': () => ListStatusPResponse.decode(Buffer.from('0a020a03616263', 'hex')),
  'packed numbers longer than the message': () => FileInfo.decode(Buffer.from('6a7f01', 'hex')),
  'a packed number that runs out of its field': () => FileInfo.decode(Buffer.from('6a01ff01', 'hex')),
  'tag 0': () => GetStatusPRequest.decode(Buffer.from('00', 'hex')),
  'field number 0': () => GetStatusPRequest.decode(Buffer.from('0200', 'hex')),
  'wire type 6': () => GetStatusPRequest.decode(Buffer.from('0e00', 'hex')),
  'wire type 7': () => GetStatusPRequest.decode(Buffer.from('0f00', 'hex')),
  'an end of a group that never began': () => GetStatusPRequest.decode(Buffer.from('0c', 'hex')),
  'a group without an end': () => GetStatusPRequest.decode(Buffer.from('f3ff0108', 'hex')),
  'a group with the end of another': () => GetStatusPRequest.decode(Buffer.from('1b24', 'hex')),
  'groups nested 100,000 deep': () => GetStatusPRequest.decode(Buffer.alloc(100_000, 0x1b)),
};

for (const [name, decode] of Object.entries(refused)) {
  test(`refused when decoding: ${name}`, () => {
    assert.throws(decode, { name: 'AlluviumError', message: /^Cannot decode message: / });
  });
}

test('messages nested 101 deep are refused, 100 deep are read', () => {
  const nest = (levels: number): Uint8Array => {
    let bytes: Uint8Array = new Uint8Array(0);
    for (let i = 1; i < levels; i++)
      bytes = new OracleWriter()
        .uint32((39 << 3) | 2)
        .bytes(bytes)
        .finish();
    return bytes;
  };
  assert.ok(journal.JournalEntry.decode(nest(100)));
  assert.throws(() => journal.JournalEntry.decode(nest(101)), /nested too deeply/);
});

test('random bytes are refused or read, and never hang', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        FileInfo.decode(bytes);
      } catch (error) {
        assert.match(String(error), /Cannot decode message/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a known field of another wire type is kept as an unknown field, as Java does', () => {
  const bytes = Buffer.from('0d01020304', 'hex');
  const message = GetStatusPRequest.decode(bytes);
  assert.equal(message.path, undefined);
  assert.ok(Buffer.from(GetStatusPRequest.encode(message).finish()).equals(bytes));
});

test('fields of type bytes are views of what was received', () => {
  const bytes = Buffer.from('0a03616263', 'hex');
  const view = new BinaryReader(bytes.subarray(1)).bytes();
  assert.equal(view.toString(), 'abc');
  assert.equal(view.buffer, bytes.buffer);
});

test('a map key named __proto__ is an entry like any other', () => {
  const bytes = fileSystemMaster.MountPOptions.encode({
    properties: JSON.parse('{"__proto__":"x","a":"b"}') as Record<string, string>,
  }).finish();
  const { properties } = fileSystemMaster.MountPOptions.decode(bytes);
  assert.deepEqual(Object.entries(properties!), [
    ['__proto__', 'x'],
    ['a', 'b'],
  ]);
  assert.equal(Object.getPrototypeOf(properties), Object.prototype);
});

test('numbers and strings with a prefix are written as their longer ways write them', () => {
  for (const value of [0, 1, 127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 45 + 3, Number.MAX_SAFE_INTEGER])
    assert.deepEqual(new BinaryWriter().uint53(value).finish(), new BinaryWriter().int64(BigInt(value)).finish());
  for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53]) assert.throws(() => new BinaryWriter().uint53(value), { kind: 'internal' });
  for (const prefix of ['', '/a/', '/\u00fc/', 'x'.repeat(20_000)]) {
    for (const text of ['', 'name', '\u00fc', 'a\u{1F30A}', 'y'.repeat(300)]) {
      const wanted = new BinaryWriter()
        .bool(true)
        .string(prefix + text)
        .bool(false)
        .finish();
      const found = new BinaryWriter().bool(true).prefixedString(Buffer.from(prefix), text).bool(false).finish();
      assert.deepEqual(found, wanted);
    }
  }
});
