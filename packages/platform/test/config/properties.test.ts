import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '@alluvium/platform';

const pairs = (text: string): string[][] => parseProperties(text).map(({ name, value }) => [name, value]);

test('names and values are split at the first =, : or white space', () => {
  assert.deepEqual(pairs('a=1\nb:2\nc 3\nd = 4 \ne\t:\t5\nf\ng==x\nh=a=b:c\n  i  =  j k'), [
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4 '],
    ['e', '5'],
    ['f', ''],
    ['g', '=x'],
    ['h', 'a=b:c'],
    ['i', 'j k'],
  ]);
});

test('comments and empty lines are passed over, in every line ending, and lines are counted', () => {
  const text = '# one\r\n! two\r\n\r\n   # three\\\r\nx=1\ry=2\n';
  assert.deepEqual(parseProperties(text), [
    { name: 'x', value: '1', line: 5 },
    { name: 'y', value: '2', line: 6 },
  ]);
});

test('a backslash at the end joins lines, two do not', () => {
  assert.deepEqual(pairs('list=a,\\\n     b,\\\n  c\nd=x\\\\\ne=end\\'), [
    ['list', 'a,b,c'],
    ['d', 'x\\'],
    ['e', 'end'],
  ]);
  assert.equal(parseProperties('a=1\\\n2\nb=3')[1]!.line, 3);
});

test('escapes', () => {
  assert.deepEqual(pairs('a\\=b\\:c\\ d=e\\tf\\u00e9\\n\\q\\\\'), [['a=b:c d', 'e\tf\u00e9\nq\\']]);
  assert.throws(() => parseProperties('ok=1\nbad=\\u12'), /Cannot read line 2: \\u without four/);
});
