import { kindOf } from '@alluvium/base';
import type { FileStatus } from '@alluvium/client';
import { EXIT, ExitStatus, UsageError } from '../exit-code.js';
import type { Session } from '../session.js';

const QUESTIONS = {
  d: (status: FileStatus) => status.folder,
  f: (status: FileStatus) => !status.folder,
  e: () => true,
  s: (status: FileStatus) => status.lengthBytes > 0n,
  z: (status: FileStatus) => !status.folder && status.lengthBytes === 0n,
} as const;

type Question = keyof typeof QUESTIONS;

/** Nothing is there; the code of Alluxio's shell. */
const NOT_THERE = 3;

export async function test(
  session: Session,
  [text]: readonly [string],
  options: Readonly<Partial<Record<Question, boolean>>>,
): Promise<void> {
  const asked = (Object.keys(QUESTIONS) as Question[]).filter((question) => options[question] === true);
  if (asked.length !== 1) throw new UsageError('one of -d, -f, -e, -s, -z is wanted');
  const path = session.path(text);
  const fileSystem = await session.fileSystem();
  let status: FileStatus;
  try {
    status = await fileSystem.status(path, { signal: session.signal });
  } catch (error) {
    if (kindOf(error) === 'notFound') throw new ExitStatus(NOT_THERE);
    throw error;
  }
  if (!QUESTIONS[asked[0]!](status)) throw new ExitStatus(EXIT.failure);
}
