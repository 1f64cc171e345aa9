import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireKnownFormat } from '@alluvium/journal/format.js';

const KNOWN = { what: 'journal segment', versions: [1, 2], flags: 0b101 };

test('a file of a known version with known flags is read', () => {
  for (const version of KNOWN.versions) for (const flags of [0, 1, 4, 5]) requireKnownFormat(KNOWN, '/j/1.seg', version, flags);
});

test('a file that makes use of a feature that is not known is refused with the feature and what to do', () => {
  const refusal = {
    kind: 'failedPrecondition',
    message:
      /^Cannot read journal segment "\/j\/1\.seg": it has format 2, flags 1, 15, which this version of Alluvium does not know \(format 1, 2, flags 0, 2\); nothing was changed\. .*start the version of Alluvium that wrote it, or a later one\. To go back .* start from a backup/,
  };
  assert.throws(() => requireKnownFormat(KNOWN, '/j/1.seg', 2, 0b1000_0000_0000_0011), refusal);
  assert.throws(() => requireKnownFormat(KNOWN, '/j/1.seg', 3, 1), { message: /it has format 3, which this version/ });
});
