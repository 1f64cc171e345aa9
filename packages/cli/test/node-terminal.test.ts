import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { Interruption, nodeInput, nodeOutput, nodeSignals, OutputClosed } from '@alluvium/cli';

test('an output waits until there is room', async () => {
  let release = (): void => {};
  const stream = new Writable({
    highWaterMark: 4,
    write(_chunk, _encoding, done) {
      release = done;
    },
  });
  const output = nodeOutput(stream as unknown as NodeJS.WriteStream);
  assert.equal(output.isTTY, false);
  let written = false;
  const writing = output.write('longer than the buffer').then(() => (written = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(written, false);
  release();
  await writing;
});

test('an output whose reader has gone says so, at once and later', async () => {
  const stream = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      setImmediate(() => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    },
  });
  const output = nodeOutput(stream as unknown as NodeJS.WriteStream);
  await assert.rejects(output.write('abc'), OutputClosed);
  await assert.rejects(output.write('abc'), OutputClosed);
});

test('an input ends when the program is interrupted', async () => {
  const stream = new PassThrough();
  const controller = new AbortController();
  const input = nodeInput(stream, controller.signal);
  stream.write('first');
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const chunk of input) {
      seen.push(Buffer.from(chunk).toString());
      controller.abort(new Interruption('SIGINT'));
    }
  }, Interruption);
  assert.deepEqual(seen, ['first']);
});

test('the first signal interrupts, the second has its own effect again', () => {
  const before = process.listenerCount('SIGINT');
  const { signal, stop } = nodeSignals();
  assert.equal(process.listenerCount('SIGINT'), before + 1);
  process.emit('SIGINT', 'SIGINT');
  assert.ok(signal.aborted);
  assert.equal((signal.reason as Interruption).signalName, 'SIGINT');
  assert.equal(process.listenerCount('SIGINT'), before);
  stop();
});
