import { AlluviumError } from '@alluvium/base';
import type { ErrorKind } from '@alluvium/base';
import type { FileStatus, FileSystem, ReadableFile, ReadRange } from '@alluvium/client';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Where the suite runs: a connected client and a directory that only this run uses. */
export interface World {
  readonly fs: FileSystem;
  readonly root: string;
}

/** Tests are declared before the connection exists. */
export type InWorld = () => World;

export const MIB = 1 << 20;

/** Bytes that differ from block to block and from byte to byte. */
export function patterned(length: number, seed = 1): Buffer {
  const out = Buffer.alloc(length);
  let x = seed * 2654435761;
  for (let at = 0; at < length; at++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    out[at] = x >>> 24;
  }
  return out;
}

/** A file of `bytes`, in blocks of 1 MiB. */
export async function put(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  options: Parameters<FileSystem['create']>[1] = {},
): Promise<void> {
  const file = await fs.create(path, { blockSizeBytes: BigInt(MIB), writeType: 'MUST_CACHE', ...options });
  await file.write(bytes);
  await file.close();
}

export async function bytesOf(file: ReadableFile, range?: ReadRange): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks(range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function get(fs: FileSystem, path: string, options: Parameters<FileSystem['open']>[1] = {}): Promise<Buffer> {
  const file = await fs.open(path, options);
  try {
    return await bytesOf(file);
  } finally {
    await file.close();
  }
}

export async function pathsIn(list: AsyncIterable<FileStatus>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of list) paths.push(path);
  return paths;
}

/** Asks again until the cluster has come to it; the limit of the test bounds it. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50);
}

export async function rejectsWith(kind: ErrorKind, action: Promise<unknown>): Promise<void> {
  await assert.rejects(action, (error) => {
    assert.ok(error instanceof AlluviumError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  });
}
