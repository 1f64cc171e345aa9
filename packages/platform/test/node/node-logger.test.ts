import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fail } from '@alluvium/base';
import { nodeLogger } from '@alluvium/platform';
import { prettyLine } from '@alluvium/platform/logging/pretty-line.js';

let root: string;
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'alluvium-log-'));
});
after(() => fs.rmSync(root, { recursive: true, force: true }));

const lines = (path: string): Record<string, unknown>[] =>
  fs
    .readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a line is JSON with level, time, message, fields of the child and its own', () => {
  const file = join(root, 'deep/a.log');
  const log = nodeLogger({ file });
  log.debug('not told');
  log.child({ role: 'master' }).info('started', { port: 19998, blockId: 2n ** 60n });
  log.setLevel('debug');
  log.debug('told', { text: 'x'.repeat(5000) });
  log.close();
  const [first, second, ...more] = lines(file);
  assert.equal(more.length, 0);
  assert.match(String(first!['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(
    { ...first, time: '' },
    { level: 'info', time: '', role: 'master', port: 19998, blockId: '1152921504606846976', msg: 'started' },
  );
  assert.equal(second!['msg'], 'told');
  assert.ok(String(second!['text']).length < 4200, 'long text is cut');
});

test('errors are told with kind, message, stack and causes', () => {
  const file = join(root, 'errors.log');
  const log = nodeLogger({ file });
  log.error('write failed', { error: fail('dataLoss', 'Cannot read "x": bad', new Error('EIO')) });
  log.close();
  const error = lines(file)[0]!['error'] as Record<string, unknown>;
  assert.equal(error['kind'], 'dataLoss');
  assert.equal(error['message'], 'Cannot read "x": bad');
  assert.match(String(error['stack']), /node-logger\.test/);
  assert.equal((error['cause'] as Record<string, unknown>)['message'], 'EIO');
});

test('a log file is set aside when full, and only so many are kept', () => {
  const file = join(root, 'rolled.log');
  const log = nodeLogger({ file, maxFileBytes: 200, keepFiles: 2 });
  for (let i = 0; i < 20; i++) log.info('a line of some length, number', { i });
  log.close();
  const files = fs
    .readdirSync(root)
    .filter((name) => name.startsWith('rolled'))
    .sort();
  assert.deepEqual(files, ['rolled.log', 'rolled.log.1', 'rolled.log.2']);
  const kept = ['.2', '.1', ''].flatMap((suffix) => lines(file + suffix)).map((line) => line['i'] as number);
  assert.equal(kept.at(-1), 19);
  assert.deepEqual(
    kept,
    kept.map((_, at) => kept[0]! + at),
    'in order, none missing',
  );
  assert.ok(fs.statSync(`${file}.1`).size < 400);
});

test('a disk that is full does not stop the program', { skip: !fs.existsSync('/dev/full') }, () => {
  const log = nodeLogger({ file: '/dev/full' });
  log.info('lost');
  log.close();
});

test('the line for people is one line, whatever a file name holds', () => {
  const json = JSON.stringify({
    level: 'warn',
    time: '2026-11-21T12:34:56.789Z',
    msg: 'bad\nname \u001b[31m',
    path: '/a b\n',
    count: 3,
    error: { message: 'no', stack: 'Error: no\n at x' },
  });
  assert.equal(prettyLine(json, false), '12:34:56.789 WARN  bad\\x0aname \\x1b[31m path="/a b\\n" count=3 error="no"\n');
  assert.match(prettyLine(json, true), /\u001b\[33mWARN/);
  assert.match(prettyLine(json.replace('warn', 'error'), false), /error="no"\n {4}at x\n$/);
});
