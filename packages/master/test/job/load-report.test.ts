import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newFigures } from '@alluvium/master/job/job-figures.js';
import { jsonReport, sizeText, textReport, type LoadProgress } from '@alluvium/master/job/load-report.js';

const progress = (more: Partial<LoadProgress> = {}): LoadProgress => ({
  state: 'RUNNING',
  limits: { bandwidth: undefined, verify: false },
  figures: { ...newFigures(), files: 3, bytes: 30_000, totalBytes: 60_000_000, blocks: 6, failures: 1, failedFiles: 1 },
  failures: new Map([['/ufs/f', 'Status code: 5, message: gone']]),
  reason: '',
  partialListing: false,
  durationMs: 2500,
  ...more,
});

test('a report is the text that a 2.9.4 master writes', () => {
  assert.equal(
    textReport(progress(), true),
    [
      '\tSettings:\tbandwidth: unlimited\tverify: false',
      '\tJob State: RUNNING',
      '\tFiles Processed: 3',
      '\tBytes Loaded: 29.30KB out of 57.22MB',
      '\tThroughput: 14.65KB/s',
      '\tBlock load failure rate: 16.67%',
      '\tFiles Failed: 1',
      '\t\t/ufs/f: Status code: 5, message: gone\n',
    ].join('\n'),
  );
  const failed = textReport(progress({ state: 'FAILED', reason: 'too bad', partialListing: true, durationMs: 999 }), false);
  assert.match(failed, /\tJob State: FAILED \(alluxio\.exception\.runtime\.InternalRuntimeException: too bad\)\n/);
  assert.match(failed, /\tBytes Loaded: 29\.30KB\n\tBlock/);
});

test('a report is the JSON that a 2.9.4 master writes', () => {
  assert.equal(
    jsonReport(progress({ limits: { bandwidth: 9, verify: true } }), true),
    '{"mVerbose":true,"mJobState":"RUNNING","mBandwidth":9,"mVerificationEnabled":true,"mProcessedFileCount":3,"mLoadedByteCount":30000,"mTotalByteCount":60000000,"mThroughput":15000,"mFailurePercentage":16.666666666666664,"mFailedFileCount":1,"mFailedFilesWithReasons":{"/ufs/f":"Status code: 5, message: gone"}}',
  );
});

test('sizes are written as Alluxio writes them', () => {
  assert.deepEqual([0, 5120, 5121, 30_000, 6e6, 6e9, 6e15].map(sizeText), [
    '0B',
    '5120B',
    '5.00KB',
    '29.30KB',
    '5.72MB',
    '5.59GB',
    '5.33PB',
  ]);
});
