// Jobs, as Alluxio's clients and ours ask for them, with requests that make no sense.
import { methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs, jobMaster, jobService as js } from '@alluvium/wire';
import { MANY, MAX, MIN, ODD, of, type Case } from './case.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
/** On a port of their own. */
export const jobCalls = methodsOf(jobMaster.JobMasterClientServiceDefinition);
export const ownJobCalls = methodsOf(js.JobServiceDefinition);

/** An object of a class with text fields, as Java writes it. */
function object(name: string, fields: Readonly<Record<string, string>> = {}): Buffer {
  const utf = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const names = Object.keys(fields);
  const type = Buffer.concat([Buffer.from([0x74]), utf('Ljava/lang/String;')]);
  return Buffer.concat([
    Buffer.from([0xac, 0xed, 0, 5, 0x73, 0x72]),
    utf(name),
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 2, 0, names.length]),
    ...names.map((field) => Buffer.concat([Buffer.from('L'), utf(field), type])),
    Buffer.from([0x78, 0x70]),
    ...names.map((field) => Buffer.concat([Buffer.from([0x74]), utf(fields[field]!)])),
  ]);
}

const migrate = (mSource: string, mDestination: string): Buffer =>
  object('alluxio.job.cmd.migrate.MigrateCliConfig', { mSource, mDestination, mWriteType: 'THROUGH' });

const load: readonly Case[] = [
  ...of(
    files.submitJob,
    ['nothing at all', {}, 'invalidArgument', /^fail to parse job request: /],
    ['no object', { requestBody: Buffer.from('x') }, 'invalidArgument', /^fail to parse job request: /],
    [
      'an object that ends early',
      { requestBody: object('alluxio.job.LoadJobRequest', { mPath: '/d' }).subarray(0, 40) },
      'invalidArgument',
    ],
    ['another request', { requestBody: object('alluxio.job.CopyJobRequest') }, 'invalidArgument', /^Unknown job type: CopyJobRequest/],
    ['a request without options', { requestBody: object('alluxio.job.LoadJobRequest', { mPath: '/d' }) }, 'invalidArgument'],
    ['bytes beyond all bounds', { requestBody: Buffer.alloc(2 ** 20 + 1) }, 'invalidArgument', /at most 1048576 wanted/],
  ),
  ...of(
    files.stopJob,
    ['nothing at all', {} as never, 'invalidArgument'],
    ['of nothing', { jobDescription: { type: 'load', path: '/x' } }, 'ok'],
    ['of another kind', { jobDescription: { type: 'copy', path: '/x' } }, 'ok'],
    ['of no path', { jobDescription: { type: 'load', path: 'relative' } }, 'invalidArgument'],
  ),
  ...of(
    files.getJobProgress,
    ['nothing at all', {} as never, 'invalidArgument'],
    ['of nothing', { jobDescription: { type: 'load', path: '/x' } }, 'notFound', 'JobDescription{Path=/x, Type=load} cannot be found.'],
    ['in no format', { jobDescription: { type: 'load', path: '/x' }, options: { format: ODD } }, 'notFound'],
  ),
];

const jobMasterCases: readonly Case[] = [
  ...of(
    jobCalls.run,
    ['nothing at all', {}, 'invalidArgument', /^Cannot read a Java object/],
    ['no object', { jobConfig: Buffer.from([0xac, 0xed, 0, 5, 0x70]) }, 'invalidArgument', /its configuration is no object/],
    [
      'a class of the devil',
      { jobConfig: object('java.lang.ProcessBuilder', { command: 'rm' }) },
      'unimplemented',
      /ProcessBuilder is none of/,
    ],
    ['a class that every object has', { jobConfig: object('toString') }, 'unimplemented'],
    ['no path', { jobConfig: object('alluxio.job.plan.persist.PersistConfig') }, 'invalidArgument', /has no mFilePath/],
    ['nothing is there', { jobConfig: object('PersistConfig', { mFilePath: '/none' }) }, 'notFound', 'Path "/none" does not exist.'],
    ['no number', { jobConfig: object('SetReplicaConfig', { mPath: '/d', mReplicas: 'x' }) }, 'invalidArgument', /has no mReplicas/],
    ['no path of ours', { jobConfig: object('PersistConfig', { mFilePath: 'relative' }) }, 'invalidArgument'],
  ),
  ...of(
    jobCalls.submit,
    ['nothing at all', {}, 'invalidArgument', /^Cannot read a Java object/],
    ['a configuration of Run', { cmdConfig: object('MigrateConfig') }, 'unimplemented'],
    ['into itself', { cmdConfig: migrate('/d', '/d/x') }, 'invalidArgument', /that is within it/],
    ['nothing is there', { cmdConfig: migrate('/none', '/x') }, 'notFound', 'Path "/none" does not exist.'],
    [
      'no write type',
      { cmdConfig: object('MigrateCliConfig', { mSource: '/d', mDestination: '/x', mWriteType: 'NONE' }) },
      'invalidArgument',
    ],
  ),
  ...of(
    jobCalls.cancel,
    ['nothing at all', {}, 'notFound', 'The job of id -1 does not exist'],
    ['of nothing', { jobId: 1234567n }, 'notFound', 'The job of id 1,234,567 does not exist'],
  ),
  ...of(jobCalls.getJobStatus, ['nothing at all', {}, 'notFound'], ['of nothing', { jobId: MAX }, 'notFound']),
  ...of(jobCalls.getJobStatusDetailed, ['nothing at all', {}, 'notFound'], ['of nothing', { jobId: MIN }, 'notFound']),
  ...of(jobCalls.listAll, ['nothing at all', {}, 'ok'], ['of no kind', { options: { name: 'x'.repeat(MANY), status: [ODD] } }, 'ok']),
  ...of(jobCalls.getJobServiceSummary, ['nothing at all', {}, 'ok']),
  ...of(jobCalls.getAllWorkerHealth, ['nothing at all', {}, 'ok']),
  ...of(jobCalls.getAllMasterStatus, ['nothing at all', {}, 'ok']),
  ...of(
    jobCalls.getCmdStatus,
    ['nothing at all', {}, 'notFound'],
    ['of nothing', { jobControlId: 1795228648552n }, 'notFound', 'The job definition for config 1,795,228,648,552 does not exist'],
  ),
  ...of(jobCalls.getCmdStatusDetailed, ['nothing at all', {}, 'notFound'], ['of nothing', { jobControlId: MIN }, 'notFound']),
];

const { COPY, FREE, LOAD, MIGRATE, MOVE, REPLICATE } = js.JobKind;

const own: readonly Case[] = [
  ...of(
    ownJobCalls.submitJob,
    ['nothing at all', {}, 'invalidArgument', /^Cannot submit a job of kind undefined/],
    ['a uuid that is none', { kind: js.JobKind.FREE, path: '/', uuid: 'one' }, 'invalidArgument', /"one" is no UUID$/],
    ['no kind', { kind: ODD, path: '/d' }, 'invalidArgument'],
    ['no path', { kind: LOAD }, 'invalidArgument'],
    ['nothing is there', { kind: FREE, path: '/none' }, 'notFound'],
    ['less than no bandwidth', { kind: LOAD, path: '/d', bandwidth: -1n }, 'invalidArgument', /bandwidth should be greater than 0/],
    ['no target', { kind: COPY, path: '/d' }, 'invalidArgument'],
    ['no copies', { kind: REPLICATE, path: '/d', replicas: 0 }, 'invalidArgument'],
    ['too many copies', { kind: REPLICATE, path: '/d', replicas: 2 ** 30 }, 'invalidArgument'],
    ['no medium', { kind: MIGRATE, path: '/d' }, 'invalidArgument'],
    ['a long medium', { kind: MIGRATE, path: '/d', mediumType: 'x'.repeat(MANY) }, 'invalidArgument'],
    ['no write type', { kind: COPY, path: '/d', targetPath: '/x', writeType: 'x'.repeat(MANY) }, 'invalidArgument'],
    ['of the root', { kind: MOVE, path: '/', targetPath: '/x' }, 'invalidArgument'],
  ),
  ...of(ownJobCalls.listJobs, ['nothing at all', {}, 'ok'], ['of no kind', { kind: ODD }, 'invalidArgument']),
  ...of(ownJobCalls.getJob, ['nothing at all', {}, 'notFound'], ['of nothing', { jobId: MAX }, 'notFound']),
  ...of(ownJobCalls.updateJob, ['nothing at all', {}, 'notFound'], ['of nothing', { jobId: MIN, bandwidth: MIN }, 'notFound']),
  ...of(ownJobCalls.cancelJob, ['nothing at all', {}, 'notFound'], ['of nothing', { jobId: 1n }, 'notFound']),
];

export const jobCases: readonly Case[] = [...load, ...jobMasterCases, ...own];
