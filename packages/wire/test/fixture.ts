import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../../../../..');

/** A committed file beside the sources of these tests, written by interop/golden/golden.sh from Alluxio's own classes. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(resolve(REPOSITORY, 'packages/wire/test', name), 'utf8'));
}
