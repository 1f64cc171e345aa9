import { fail } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';

// Load jobs, as a 2.9.4 master without any answers for them: nothing can be submitted yet, so nothing is ever found.

/** What a Java object stream begins with: `submitJob` carries one. */
const OBJECT_STREAM = [0xac, 0xed, 0x00, 0x05];

export function submitJob(_c: FileContext, request: fs.SubmitJobPRequest): fs.SubmitJobPResponse {
  const body = request.requestBody ?? new Uint8Array();
  if (OBJECT_STREAM.some((byte, at) => body[at] !== byte)) throw fail('internal', 'fail to parse job request');
  throw fail('unimplemented', 'Cannot submit a job: load jobs are not supported by this version');
}

export function stopJob(_c: FileContext, request: fs.StopJobPRequest): fs.StopJobPResponse {
  requireDescription(request.jobDescription);
  return { jobStopped: false };
}

export function getJobProgress(_c: FileContext, request: fs.GetJobProgressPRequest): fs.GetJobProgressPResponse {
  const { type, path } = requireDescription(request.jobDescription);
  throw fail('notFound', `JobDescription{Path=${path ?? ''}, Type=${type}} cannot be found.`);
}

function requireDescription(description: fs.JobDescription | undefined): fs.JobDescription {
  if (description?.type === undefined || description.type === '')
    throw fail('invalidArgument', 'Cannot find a job: jobDescription is missing');
  return description;
}
