import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseDurationMs } from '@alluvium/base';

test('sizes read as Alluxio reads them', () => {
  assert.equal(parseBytes('64MB'), 64 * 2 ** 20);
  assert.equal(parseBytes('1.5g'), 1.5 * 2 ** 30);
  assert.equal(parseBytes('512'), 512);
  assert.equal(parseBytes('-1'), -1);
  assert.throws(() => parseBytes('12 parsecs'), /Cannot read "12 parsecs" as a size/);
  assert.throws(() => parseBytes(''), /as a size/);
});

test('durations read as Alluxio reads them', () => {
  assert.equal(parseDurationMs('10sec'), 10_000);
  assert.equal(parseDurationMs('1h'), 3_600_000);
  assert.equal(parseDurationMs('2 days'), 172_800_000);
  assert.equal(parseDurationMs('250ms'), 250);
  assert.throws(() => parseDurationMs('soon'), /as a duration/);
});
