import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toJson } from '@alluvium/cli/output/json.js';
import { LineWriter } from '@alluvium/cli/output/line-writer.js';
import { formatMode } from '@alluvium/cli/output/mode.js';
import { printable } from '@alluvium/cli/output/printable.js';
import { Progress } from '@alluvium/cli/output/progress.js';
import { formatSize, percentOf } from '@alluvium/cli/output/size.js';
import { formatTable } from '@alluvium/cli/output/table.js';
import { formatRemaining, formatTime, formatUptime, formatUtc } from '@alluvium/cli/output/time.js';
import { FakeClock, FakeOutput } from './fakes/fake-terminal.js';

test('sizes are told as the shell of Alluxio 2.9.4 tells them', () => {
  const expected: [number | bigint, string][] = [
    [0, '0B'],
    [5000, '5000B'],
    [5120, '5120B'],
    [6000, '5.86KB'],
    [7000, '6.84KB'],
    [3_000_000, '2929.69KB'],
    [3_123_890n, '3050.67KB'],
    [10n * 1024n ** 3n, '10.00GB'],
    [2n ** 62n, '4096.00PB'],
    [-1n, '-1B'],
  ];
  for (const [bytes, text] of expected) assert.equal(formatSize(bytes), text);
});

test('percent of nothing is 0', () => {
  assert.equal(percentOf(0n, 0n), 0);
  assert.equal(percentOf(1n, 3n), 33);
});

test('times', () => {
  assert.match(formatTime(1_795_245_950_123n), /^11-2[012]-2026 \d\d:\d\d:50:123$/);
  assert.equal(formatUtc(1_795_245_950_123n), '2026-11-21 07:25:50');
  assert.equal(formatUptime(93_784_999n), '1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)');
  assert.equal(formatRemaining(6_100), '0:07');
  assert.equal(formatRemaining(754_000), '12:34');
  assert.equal(formatRemaining(12_300_000), '3:25:00');
});

test('modes', () => {
  assert.equal(formatMode(0o755, true), 'drwxr-xr-x');
  assert.equal(formatMode(0o640, false), '-rw-r-----');
  assert.equal(formatMode(0, false), '----------');
});

test('tables have columns as wide as they need', () => {
  assert.deepEqual(
    formatTable([
      ['a', 'bbb', 'c'],
      ['aa', 'b', ''],
    ]),
    ['a   bbb  c', 'aa  b'],
  );
});

test('JSON keeps numbers exact and ids as text', () => {
  assert.equal(
    toJson({ size: 12n, large: 2n ** 60n, fileId: 5n, nothing: undefined, text: 'é' }),
    '{"size":12,"large":"1152921504606846976","fileId":"5","text":"é"}',
  );
});

test('control characters, and those that turn text around, are escaped', () => {
  assert.equal(printable('a\x1b[2Jb\r\n\x7f\u009b\u202e'), 'a\\x1b[2Jb\\x0d\\x0a\\x7f\\x9b\\u202e');
  assert.equal(printable('ünïcode 漢字'), 'ünïcode 漢字');
});

test('lines are written together', async () => {
  const output = new FakeOutput();
  const writer = new LineWriter(output);
  for (let n = 0; n < 10_000; n++) await writer.line('0123456789');
  assert.ok(output.chunks.length > 1 && output.chunks.length < 10, `${output.chunks.length} writes`);
  await writer.flush();
  assert.equal(output.text.length, 110_000);
});

test('progress tells what is done, the rate and what is left', () => {
  const clock = new FakeClock();
  const progress = new Progress(new FakeOutput(), clock, 'bytes');
  assert.equal(progress.describe(), '0B, 0B/s');
  clock.timeMs += 2000;
  progress.add(20_480);
  assert.equal(progress.describe(), '20.00KB, 10.00KB/s');
  progress.expect(40_960);
  progress.expect(20_480);
  assert.equal(progress.describe(), '20.00KB of 60.00KB, 10.00KB/s, 0:04 left');
});

test('progress is drawn on a terminal only, no wider than it, and not after its end', async () => {
  const clock = new FakeClock();
  const quiet = new FakeOutput();
  const silent = new Progress(quiet, clock, 'files');
  assert.equal(clock.pending, 0);
  await silent.end();
  assert.equal(quiet.text, '');

  const output = new FakeOutput();
  output.isTTY = true;
  output.columns = 10;
  const progress = new Progress(output, clock, 'files');
  progress.expect(1_000_000);
  progress.add(1);
  clock.advance();
  assert.equal(output.text, '\r\x1b[K1 files o');
  await progress.clear();
  await progress.clear();
  assert.equal(output.text, '\r\x1b[K1 files o\r\x1b[K');
  clock.advance();
  await progress.end();
  assert.equal(clock.pending, 0);
  assert.match(output.text, /\r\x1b\[K$/);
});
