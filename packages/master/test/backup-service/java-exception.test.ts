import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaBackupException } from '@alluvium/master/backup-service/java-exception.js';

/** What ObjectInputStream of Java 17 reads as an alluxio.exception.BackupException with the message `é😀 no`. */
const RECORDED =
  'aced000573720021616c6c7578696f2e657863657074696f6e2e4261636b7570457863657074696f6e66ecc0bde8c1e11d02000078720022616c6c7578696f2e657863657074696f6e2e416c6c7578696f457863657074696f6e1f23b31126eed990020000787200136a6176612e6c616e672e457863657074696f6ed0fd1f3e1a3b1cc4020000787200136a6176612e6c616e672e5468726f7761626c65d5c635273977b8cb0300014c000d64657461696c4d6573736167657400124c6a6176612f6c616e672f537472696e673b787074000bc3a9eda0bdedb880206e6f78';

test('a failed backup is told as the exception that Java clients read', () => {
  assert.equal(javaBackupException('\u00e9\u{1f600} no').toString('hex'), RECORDED);
});

test('a message of any length fits into the stream', () => {
  assert.ok(javaBackupException('\u20ac'.repeat(100_000)).length < 65_536);
});
