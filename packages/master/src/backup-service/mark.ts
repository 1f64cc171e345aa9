// The content of a `.complete`. Alluxio's are empty, and nobody reads them; ours say who wrote the backup, so that a master removes
// by its schedule only what it has written by its schedule.
import { kindOf } from '@alluvium/base';
import type { BackupPlace } from './place.js';

export interface BackupMark {
  readonly id: string;
  readonly writer: string;
  readonly scheduled: boolean;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Nothing longer is one of ours. */
const MAX_BYTES = 4096;

export function encodeMark(mark: BackupMark): Buffer {
  return Buffer.from(`${JSON.stringify(mark)}\n`);
}

/** Undefined when the file is gone, or is not one of ours. */
export async function readMark(place: BackupPlace, name: string): Promise<BackupMark | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of place.read(name)) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return undefined;
      parts.push(chunk);
    }
  } catch (error) {
    if (kindOf(error) === 'notFound') return undefined;
    throw error;
  }
  return decodeMark(Buffer.concat(parts).toString());
}

function decodeMark(text: string): BackupMark | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const mark = value as Record<keyof BackupMark, unknown>;
  const numbers = [mark.startedMs, mark.endedMs, mark.entries, mark.bytes];
  const texts = [mark.id, mark.writer];
  const valid =
    numbers.every(Number.isSafeInteger) && texts.every((each) => typeof each === 'string') && typeof mark.scheduled === 'boolean';
  return valid ? (value as BackupMark) : undefined;
}
