import { fail, normalPath } from '@alluvium/base';
import type { fileSystemMaster } from '@alluvium/wire';
import { unlessAborted } from '../abort.js';
import type { CreateFileOptions, WriteType } from '../file-system.js';
import type { Defaults } from '../master/cluster-defaults.js';
import { modeMessage, onceOnly, ttlActionMessage, writeTypeMessage, xattrMessage } from '../master/request-options.js';
import type { CommonOptions } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';

/** A file as the master created it: there, and incomplete. */
export interface NewFile {
  readonly path: string;
  readonly info: fileSystemMaster.FileInfo;
  readonly writeType: WriteType;
  readonly blockSizeBytes: bigint;
  /** Those of the request: its persistence carries the id of its creation. */
  readonly commonOptions: CommonOptions;
  /** What its creator asked for. */
  readonly options: CreateFileOptions;
  /** Those of its path. */
  readonly settings: Defaults;
}

export async function newFile(context: ClientContext, given: string, options: CreateFileOptions): Promise<NewFile> {
  const path = normalPath(given);
  const { recursive = false, overwrite = false, mode = 0o644, ttlMs, ttlAction, signal } = options;
  const defaults = await unlessAborted(context.defaults.get(path), signal);
  const { writeType = defaults.writeType, blockSizeBytes = defaults.blockSizeBytes } = options;
  const commonOptions = {
    ...onceOnly(context.random),
    ttl: ttlMs ?? defaults.ttlMs,
    ttlAction: ttlActionMessage(ttlAction ?? defaults.ttlAction),
  };
  const message: fileSystemMaster.CreateFilePOptions = {
    blockSizeBytes,
    recursive,
    mode: modeMessage(mode),
    replicationMax: options.replicationMax ?? defaults.replicationMax,
    replicationMin: options.replicationMin ?? defaults.replicationMin,
    replicationDurable: options.replicationDurable ?? defaults.replicationDurable,
    writeTier: 0,
    writeType: writeTypeMessage(writeType),
    persistenceWaitTime: 0n,
    ...(overwrite ? { overwrite } : {}),
    ...(options.xattr === undefined ? {} : { xattr: xattrMessage(options.xattr) }),
    commonOptions,
  };
  const { fileInfo } = await context.master.unary(fileMethods.createFile, { path, options: message }, signal);
  if (fileInfo === undefined) throw fail('internal', `Cannot create "${path}": the master answered without the file`);
  return { path, info: fileInfo, writeType, blockSizeBytes, commonOptions, options, settings: defaults };
}
