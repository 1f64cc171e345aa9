// Bytes that Alluxio's own Java classes wrote: read and written again they are the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFixture } from './fixture.js';
import { HANDMADE } from './handmade.js';
import { MESSAGES } from './registry.js';

interface Golden {
  readonly name: string;
  readonly type: string;
  readonly hex: string;
}

const golden = readFixture('golden.json') as Golden[];

test('a message from Java is the same bytes after decoding and encoding', () => {
  assert.ok(golden.length > 500);
  for (const { name, type, hex } of golden) {
    const code = MESSAGES.get(type);
    assert.ok(code, `${type} has generated code`);
    assert.equal(Buffer.from(code.encode(code.decode(Buffer.from(hex, 'hex'))).finish()).toString('hex'), hex, name);
  }
});

test('a message cut anywhere is refused or is a shorter message, never read past its end', () => {
  for (const { type, hex } of golden.filter((g) => g.hex.length < 2000)) {
    const bytes = Buffer.from(`${hex}${'7f'.repeat(16)}`, 'hex');
    const code = MESSAGES.get(type)!;
    for (let end = 0; end < hex.length / 2; end++) {
      const cut = bytes.subarray(0, end);
      try {
        const again = Buffer.from(code.encode(code.decode(cut)).finish());
        assert.equal(again.toString('hex'), cut.toString('hex'), `${type} cut at ${end}`);
      } catch (error) {
        assert.match(String(error), /Cannot decode message/, `${type} cut at ${end}`);
      }
    }
  }
});

for (const [name, { type, message }] of Object.entries(HANDMADE)) {
  test(`built here as by Java: ${name}`, () => {
    const wanted = golden.find((g) => g.name === name);
    assert.ok(wanted);
    assert.equal(Buffer.from(MESSAGES.get(type)!.encode(message).finish()).toString('hex'), wanted.hex);
  });
}

test('every handmade Java message has its twin', () => {
  const names = golden.filter((g) => !g.name.startsWith(g.type)).map((g) => g.name);
  assert.deepEqual(Object.keys(HANDMADE).toSorted(), names.toSorted());
});
