// `fs load` and the distributed commands of Alluxio's shell, as jobs.
import { UsageError } from '../exit-code.js';
import type { Session } from '../session.js';
import { submit, submitLoad, transfer, type SubmitOptions } from './submit.js';

export interface FsLoadOptions extends SubmitOptions {
  readonly submit?: boolean;
  readonly progress?: boolean;
  readonly stop?: boolean;
  readonly format?: string;
  readonly verbose?: boolean;
}

/** Without --submit, --progress and --stop it begins a load and follows it. */
export async function load(session: Session, [text]: readonly [string], options: FsLoadOptions): Promise<void> {
  const asked = [options.submit, options.progress, options.stop].filter((one) => one === true).length;
  if (asked > 1) throw new UsageError('one of --submit, --progress and --stop is wanted');
  if (options.progress === true) return showProgress(session, text, options);
  if (options.stop === true) return stop(session, text);
  return submitLoad(session, [text], { ...options, follow: options.submit !== true });
}

async function showProgress(session: Session, text: string, { format = 'TEXT', verbose = false }: FsLoadOptions): Promise<void> {
  const path = session.path(text);
  const { admin } = await session.fileSystem();
  const json = session.json || format === 'JSON';
  const report = await admin.jobs.loadProgress(path, { json, verbose, signal: session.signal });
  if (!session.json) await session.print(`Progress for loading path '${path}':`);
  for (const line of report.trimEnd().split('\n')) await session.print(line);
}

async function stop(session: Session, text: string): Promise<void> {
  const path = session.path(text);
  const { admin } = await session.fileSystem();
  const stopped = await admin.jobs.stopLoad(path, { signal: session.signal });
  await session.print(stopped ? `Load '${path}' is successfully stopped.` : `No load of ${path} is running`);
}

export interface DistributedOptions {
  readonly async?: boolean;
  readonly overwrite?: string;
  readonly replication?: number;
  readonly writeType?: string;
}

export function distributedCp(session: Session, paths: readonly [string, string], options: DistributedOptions): Promise<void> {
  return transfer(session, 'COPY', paths, transferOptions(options));
}

export function distributedMv(session: Session, paths: readonly [string, string], options: DistributedOptions): Promise<void> {
  return transfer(session, 'MOVE', paths, transferOptions(options));
}

export function distributedLoad(session: Session, [text]: readonly [string], options: DistributedOptions): Promise<void> {
  const path = session.path(text);
  const follow = options.async !== true;
  const { replication: replicas = 1 } = options;
  return submit(session, replicas > 1 ? { kind: 'REPLICATE', path, replicas } : { kind: 'LOAD', path }, { follow });
}

/** As in Alluxio, what is there is replaced unless it is told otherwise. */
function transferOptions({ overwrite, async, writeType }: DistributedOptions): SubmitOptions {
  return { overwrite: overwrite !== 'false', follow: async !== true, ...(writeType === undefined ? {} : { writeType }) };
}
