import { nameOf, parseAddresses } from '@alluvium/client/master/parse-addresses.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejectsWith } from '../suite/world.js';

test('an address is written in several ways', () => {
  const one = [{ host: 'h', port: 7 }];
  for (const given of ['h:7', 'alluxio://h:7', 'alluxio://h:7/', 'alluxio://h:7/a/b', ' h:7 '])
    assert.deepEqual(parseAddresses(given), one, given);
  assert.deepEqual(parseAddresses({ host: 'h', port: 7 }), one);
  assert.deepEqual(parseAddresses('h'), [{ host: 'h', port: 19998 }]);
  assert.deepEqual(parseAddresses('[::1]:7'), [{ host: '::1', port: 7 }]);
  assert.equal(nameOf({ host: '::1', port: 7 }), '[::1]:7');
});

test('several masters are separated by commas, semicolons or pluses', () => {
  const three = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }));
  for (const given of ['a:1,b:1,c:1', 'alluxio://a:1;b:1;c:1/', 'a:1+b:1+c:1']) assert.deepEqual(parseAddresses(given), three, given);
});

test('what is no address is refused', async () => {
  for (const given of ['', 'a:b', 'a:0', 'a:70000', 'a:1,', 'zk@a:2181', 'http://h:7'])
    await rejectsWith(
      'invalidArgument',
      Promise.resolve().then(() => parseAddresses(given)),
    );
});
