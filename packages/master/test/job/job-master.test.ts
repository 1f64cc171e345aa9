import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { fileSystemMaster as fs, jobMaster, jobService as js, serviceVersion } from '@alluvium/wire';
import { RECORDED } from '../../../wire/test/java/recorded.js';
import { outcome } from './job-world.js';
import { pmode } from '../file/world.js';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const master = methodsOf(jobMaster.JobMasterClientServiceDefinition);
const own = methodsOf(js.JobServiceDefinition);
const versions = methodsOf(serviceVersion.ServiceVersionClientServiceDefinition);
const { Status } = jobMaster;
const { MUST_CACHE } = fs.WritePType;

const machine = new Machine();
let c: RpcChannel;
let j: RpcChannel;

const bytes = (name: keyof typeof RECORDED): Buffer => Buffer.from(RECORDED[name], 'base64');
const mode = pmode(0o777);

/** Empty files, which need no worker: the paths are those of the recorded requests. */
before(async () => {
  c = await machine.start();
  j = machine.connect('root', 20001);
  for (const path of ['/jd', '/jd/x', '/l']) await c.unary(files.createDirectory, { path, options: { writeType: MUST_CACHE, mode } });
  for (const path of ['/jd/f1', '/jd/x/f2', '/lc', '/r']) {
    await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: MUST_CACHE, mode } });
    await c.unary(files.completeFile, { path });
  }
});

after(() => machine.stop());

async function ended(id: bigint): Promise<jobMaster.Status> {
  for (;;) {
    const { jobInfo } = await j.unary(master.getJobStatus, { jobId: id });
    if (jobInfo!.status !== Status.RUNNING && jobInfo!.status !== Status.CREATED) return jobInfo!.status!;
    await machine.clock.advance(100);
  }
}

const call = <T>(promise: Promise<T>): Promise<T> => machine.clock.run(promise);

test('the job master has a port of its own, and says which service it has', async () => {
  const serviceType = serviceVersion.ServiceType.JOB_MASTER_CLIENT_SERVICE;
  assert.equal((await j.unary(versions.getServiceVersion, { serviceType })).version, 1n);
  assert.equal(await outcome(c.unary(versions.getServiceVersion, { serviceType })), 'notFound');
  assert.equal(machine.master.jobAddress?.port, 20001);
  const { jobMasterStatus } = await j.unary(master.getAllMasterStatus, {});
  assert.deepEqual(
    jobMasterStatus!.map(({ state, masterAddress }) => [state, masterAddress?.rpcPort]),
    [['PRIMARY', 20001]],
  );
});

test('a distributedCp of a 2.9.4 shell copies the tree, and tells of its files', async () => {
  const now = BigInt(machine.clock.nowMs());
  const { jobControlId } = await call(j.unary(master.submit, { cmdConfig: bytes('migrateCli') }));
  assert.ok(jobControlId! >= now && jobControlId! < now + 1000n, 'an id is the time of a start, counted up');
  await ended(jobControlId!);
  assert.equal((await j.unary(master.getCmdStatus, { jobControlId: jobControlId! })).cmdStatus, Status.COMPLETED);
  const { cmdStatusBlock } = await call(j.unary(master.getCmdStatusDetailed, { jobControlId: jobControlId! }));
  assert.equal(cmdStatusBlock!.operationType, jobMaster.OperationType.DIST_CP);
  assert.deepEqual(
    cmdStatusBlock!.jobStatusBlock!.map(({ filePath }) => filePath),
    ['/jd/f1,/jd/x/f2'],
  );
  const { fileInfo } = await c.unary(files.getStatus, { path: '/jd2/x/f2' });
  assert.deepEqual([fileInfo?.completed, fileInfo?.mode], [true, 0o644], 'with the bits of a new file, as in 2.9.4');
  const { jobInfo } = await j.unary(master.getJobStatusDetailed, { jobId: jobControlId! });
  assert.deepEqual([jobInfo!.name, jobInfo!.affectedPaths], ['Migrate', ['/jd', '/jd2']]);
  assert.equal(jobInfo!.description, 'MigrateConfig{source=/jd, destination=/jd2, writeType=ASYNC_THROUGH, overwrite=true}');
});

test('jobs that older shells and masters send are run', async () => {
  const replicate = await call(j.unary(master.run, { jobConfig: bytes('setReplica') }));
  assert.equal(await ended(replicate.jobId!), Status.COMPLETED);
  // It is to reach a store, for which there is no worker here.
  const migrate = await call(j.unary(master.run, { jobConfig: bytes('migrate') }));
  const { jobInfo } = await j.unary(master.getJobStatus, { jobId: migrate.jobId! });
  assert.equal(jobInfo!.name, 'Migrate');
  await call(j.unary(master.cancel, { jobId: migrate.jobId! }));
  assert.equal(await ended(migrate.jobId!), Status.CANCELED);
  // Workers to load to are not chosen here.
  assert.equal(await outcome(j.unary(master.run, { jobConfig: bytes('load') })), 'unimplemented');
  for (const name of ['composite', 'batched', 'noop', 'exception', 'long', 'string'] as const)
    assert.match(await outcome(j.unary(master.run, { jobConfig: bytes(name) })), /unimplemented|invalidArgument/);
});

test('a user who is no super user sees and stops his own jobs only', async () => {
  const alice = machine.connect('alice', 20001);
  const { jobIds } = await j.unary(master.listAll, { options: {} });
  assert.ok(jobIds!.length >= 3);
  assert.deepEqual((await alice.unary(master.listAll, { options: {} })).jobIds, []);
  assert.equal(await outcome(alice.unary(master.getJobStatus, { jobId: jobIds![0]! })), 'notFound');
  assert.equal(await outcome(alice.unary(master.cancel, { jobId: jobIds![0]! })), 'notFound');
  assert.equal(await outcome(machine.connect('alice').unary(own.getJob, { jobId: jobIds![0]! })), 'notFound');
  // One that has ended is as one that is stopped.
  await call(j.unary(master.cancel, { jobId: jobIds![0]! }));
});

test('a summary counts jobs by status, and a listing may be of some only', async () => {
  const { summary } = await j.unary(master.getJobServiceSummary, {});
  const counts = Object.fromEntries(summary!.summaryPerStatus!.map(({ status, count }) => [status, count]));
  const { jobInfos } = await j.unary(master.listAll, { options: { status: [Status.COMPLETED] } });
  assert.equal(counts[Status.COMPLETED], BigInt(jobInfos!.length));
  assert.ok(summary!.recentActivities!.length > 0 && summary!.recentActivities!.length <= 10);
  const migrates = (await j.unary(master.listAll, { options: { name: 'Migrate' } })).jobInfos!;
  assert.ok(migrates.length > 0 && migrates.every(({ name }) => name === 'Migrate'));
});

test('a load of a 2.9.4 shell answers with an id, and with its progress as text and JSON', async () => {
  const { jobId } = await call(c.unary(files.submitJob, { requestBody: bytes('loadRequest') }));
  assert.match(jobId!, /^[0-9a-f-]{36}$/);
  await machine.clock.advance(200);
  const jobDescription = { type: 'load', path: '/jd' };
  const { progressReport } = await c.unary(files.getJobProgress, { jobDescription });
  assert.equal(
    progressReport,
    [
      '\tSettings:\tbandwidth: 1048576\tverify: true',
      '\tJob State: SUCCEEDED',
      '\tFiles Processed: 0',
      '\tBytes Loaded: 0B',
      '\tBlock load failure rate: 0.00%',
      '\tFiles Failed: 0\n',
    ].join('\n'),
  );
  const options = { format: fs.JobProgressReportFormat.JSON, verbose: true };
  assert.equal(
    (await c.unary(files.getJobProgress, { jobDescription, options })).progressReport,
    '{"mVerbose":true,"mJobState":"SUCCEEDED","mBandwidth":1048576,"mVerificationEnabled":true,"mProcessedFileCount":0,"mLoadedByteCount":0,"mFailurePercentage":0.0,"mFailedFileCount":0}',
  );
  assert.equal((await c.unary(files.stopJob, { jobDescription })).jobStopped, false);
});

test('our own calls submit, change, show and cancel a job', async () => {
  const { jobId, updated } = await call(c.unary(own.submitJob, { kind: js.JobKind.PERSIST, path: '/lc' }));
  assert.equal(updated, false);
  await c.unary(own.updateJob, { jobId: jobId!, bandwidth: 500n, verify: true });
  const { job } = await c.unary(own.getJob, { jobId: jobId! });
  assert.deepEqual(
    [job!.kind, job!.path, job!.state, job!.bandwidth, job!.verify],
    [js.JobKind.PERSIST, '/lc', js.JobState.RUNNING, 500n, true],
  );
  const running = (await c.unary(own.listJobs, {})).jobs!;
  assert.deepEqual(
    running.map((one) => one.jobId),
    [jobId],
  );
  assert.equal((await call(c.unary(own.cancelJob, { jobId: jobId! }))).cancelled, true);
  assert.equal((await c.unary(own.getJob, { jobId: jobId! })).job!.state, js.JobState.STOPPED);
  assert.equal((await call(c.unary(own.cancelJob, { jobId: jobId! }))).cancelled, false);
  assert.equal(await outcome(c.unary(own.updateJob, { jobId: jobId!, verify: false })), 'failedPrecondition');
  assert.ok((await c.unary(own.listJobs, { ended: true })).jobs!.length > 3);
});

test('jobs survive the death of the master', async () => {
  const { jobId } = await call(c.unary(own.submitJob, { kind: js.JobKind.PERSIST, path: '/r', bandwidth: 77n }));
  const before = (await c.unary(own.listJobs, { ended: true })).jobs!.map((job) => [job.jobId, job.state]);
  c = await machine.restart('crash');
  j = machine.connect('root', 20001);
  assert.deepEqual(
    (await c.unary(own.listJobs, { ended: true })).jobs!.map((job) => [job.jobId, job.state]),
    before,
  );
  const { job } = await c.unary(own.getJob, { jobId: jobId! });
  assert.deepEqual([job!.state, job!.bandwidth], [js.JobState.RUNNING, 77n]);
  await call(c.unary(own.cancelJob, { jobId: jobId! }));
});
