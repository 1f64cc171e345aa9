// The commands that begin a job: each makes a request, and follows the job when it is told to.
import type { JobKind, JobRequest } from '@alluvium/client';
import type { Session } from '../session.js';
import { followToEnd } from './follow-job.js';

export interface SubmitOptions {
  readonly follow?: boolean;
  readonly bandwidth?: number;
  readonly verify?: boolean;
  readonly overwrite?: boolean;
  readonly writeType?: string;
  readonly copies?: number;
  readonly medium?: string;
  readonly force?: boolean;
}

type OnePath = readonly [string];
type TwoPaths = readonly [string, string];

export const submitLoad = (session: Session, [path]: OnePath, options: SubmitOptions): Promise<void> =>
  submit(session, { kind: 'LOAD', path: session.path(path) }, options);

export const submitFree = (session: Session, [path]: OnePath, options: SubmitOptions): Promise<void> =>
  submit(session, { kind: 'FREE', path: session.path(path), forced: options.force === true }, options);

export const submitPersist = (session: Session, [path]: OnePath, options: SubmitOptions): Promise<void> =>
  submit(session, { kind: 'PERSIST', path: session.path(path) }, options);

export const submitReplicate = (session: Session, [path]: OnePath, options: SubmitOptions): Promise<void> =>
  submit(session, { kind: 'REPLICATE', path: session.path(path), replicas: options.copies! }, options);

export const submitMigrate = (session: Session, [path]: OnePath, options: SubmitOptions): Promise<void> =>
  submit(session, { kind: 'MIGRATE', path: session.path(path), medium: options.medium! }, options);

export const submitCopy = (session: Session, paths: TwoPaths, options: SubmitOptions): Promise<void> =>
  transfer(session, 'COPY', paths, options);

export const submitMove = (session: Session, paths: TwoPaths, options: SubmitOptions): Promise<void> =>
  transfer(session, 'MOVE', paths, options);

export function transfer(session: Session, kind: 'COPY' | 'MOVE', [from, to]: TwoPaths, options: SubmitOptions): Promise<void> {
  const request: JobRequest = {
    kind,
    path: session.path(from),
    target: session.path(to),
    overwrite: options.overwrite === true,
    ...(options.writeType === undefined ? {} : { writeType: options.writeType }),
  };
  return submit(session, request, options);
}

export async function submit(
  session: Session,
  request: Omit<JobRequest, 'kind'> & { readonly kind: JobKind },
  { bandwidth, verify, follow }: SubmitOptions,
): Promise<void> {
  const fileSystem = await session.fileSystem();
  const limits = { ...(bandwidth === undefined ? {} : { bandwidth }), ...(verify === undefined ? {} : { verify }) };
  const { jobId, updated } = await fileSystem.admin.jobs.submit({ ...request, ...limits }, { signal: session.signal });
  if (follow === true) return followToEnd(session, fileSystem, jobId);
  if (session.json) return session.printJson({ jobId, updated });
  await session.print(updated ? `Job ${jobId} was running already, and has the new limits` : `Job ${jobId}`);
}
