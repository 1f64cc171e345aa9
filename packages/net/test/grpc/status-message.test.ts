import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeStatusMessage, encodeStatusMessage } from '@alluvium/net/grpc/status-message.js';

test('a message comes back as it was, spaces at its ends too', () => {
  for (const message of ['', 'plain', ' ', '  ', 'Invalid UUID string: ', ' x ', '100%', 'é\n', '\u{1f600}']) {
    const encoded = encodeStatusMessage(message);
    assert.match(encoded, /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/, JSON.stringify(message));
    assert.equal(decodeStatusMessage(encoded), message);
  }
});

test('a long message is cut', () => {
  const encoded = encodeStatusMessage(`${'é'.repeat(5000)}`);
  assert.ok(encoded.length <= 4096);
  assert.match(decodeStatusMessage(encoded), /^é+\.\.\.$/);
});
