import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NormalPath } from '@alluvium/base';
import { whyNotCached, type WhyNotQuestion } from '@alluvium/master/cache/why-not-cached.js';

const NOTHING: WhyNotQuestion = {
  facts: [],
  lostWorkers: [],
  isWritten: true,
  isPersisted: true,
  policy: undefined,
  someSilent: false,
};
const why = (known: Partial<WhyNotQuestion>): string => whyNotCached({ ...NOTHING, ...known });

test('why a block is not cached: what is known best is said', () => {
  const left = { worker: 'w1', facts: { leftMs: 1000n, leftWhy: 'freed' } };
  const later = { worker: 'w2', facts: { leftMs: 2000n, leftWhy: 'damaged' } };
  const partial = { worker: 'w3', facts: { pagesPresent: 3, pages: 8 } };
  const missed = { worker: 'w4', facts: { misses: 1n, lastAccessMs: 1n, lastMiss: 'the client asked not to cache it' } };
  const quota = { id: 1, path: '/a' as NormalPath, here: { quotaBytes: 0 }, priority: 'normal' as const, quota: undefined };
  assert.equal(why({}), 'never cached, as far as the workers remember');
  assert.equal(why({ someSilent: true }), 'never cached, as far as the workers that answered remember');
  assert.equal(why({ facts: [left, later, missed] }), 'left w2 at 1970-01-01T00:00:02.000Z: damaged');
  assert.equal(why({ facts: [left, partial] }), 'partly cached: 3 of 8 pages are on w3');
  const over = { worker: 'w3', facts: { pagesPresent: 3, pages: 8, overQuota: true } };
  assert.equal(why({ facts: [over] }), 'partly cached: 3 of 8 pages are on w3, where the quota of its path is used up');
  assert.equal(why({ facts: [missed] }), 'read from the store on w4: the client asked not to cache it');
  assert.equal(why({ lostWorkers: ['w9'] }), 'lost with w9');
  assert.equal(why({ lostWorkers: ['w9'], facts: [left] }), 'lost with w9; before that left w1 at 1970-01-01T00:00:01.000Z: freed');
  assert.equal(why({ policy: { ...quota, quota } }), 'not to be cached: the quota of /a is 0');
  assert.equal(why({ isPersisted: false }), 'no worker that is here has it, and it is in no store');
  assert.equal(why({ isPersisted: false, isWritten: false }), 'not written yet');
});
