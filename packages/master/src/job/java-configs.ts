// What Alluxio clients ask of a job master, as Java objects: JobConfig of Run and CmdConfig of Submit (alluxio 2.9.4).
import { fail } from '@alluvium/base';
import { java } from '@alluvium/wire';
import { MAX_REPLICAS, jobSpec, jobWriteType, type GivenSpec, type JobSpec } from './job-spec.js';

type Fields = ReadonlyMap<string, java.JavaValue>;
type Meaning = (fields: Fields, user: string) => GivenSpec;

/** By the simple name of the class. */
const JOBS: Readonly<Record<string, Meaning>> = {
  PersistConfig: (fields, user) => ({ kind: 'persist', user, path: text(fields, 'mFilePath') }),
  MigrateConfig: copy,
  SetReplicaConfig: (fields, user) => ({ kind: 'replicate', user, path: text(fields, 'mPath'), replicas: number(fields, 'mReplicas') }),
  MoveConfig: (fields, user) => ({ kind: 'migrate', user, path: text(fields, 'mPath'), medium: text(fields, 'mMediumType') }),
  LoadConfig: load,
};

const COMMANDS: Readonly<Record<string, Meaning>> = {
  MigrateCliConfig: copy,
  LoadCliConfig: load,
  PersistCmdConfig: (fields, user) => ({ kind: 'persist', user, path: text(fields, 'mFilePath') }),
};

/** Of Run. Throws `invalidArgument` for bytes that are no such object, `unimplemented` for one that means nothing here. */
export function jobOfConfig(bytes: Uint8Array | undefined, user: string): JobSpec {
  return specOf(bytes, user, JOBS);
}

/** Of Submit. Throws as {@link jobOfConfig}. */
export function jobOfCommand(bytes: Uint8Array | undefined, user: string): JobSpec {
  return specOf(bytes, user, COMMANDS);
}

function specOf(bytes: Uint8Array | undefined, user: string, meanings: Readonly<Record<string, Meaning>>): JobSpec {
  const object = java.readJavaObject(bytes ?? new Uint8Array());
  if (!java.isJavaObject(object)) throw fail('invalidArgument', 'Cannot run a job: its configuration is no object');
  const name = java.simpleName(object.className);
  const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (meaning === undefined)
    throw fail('unimplemented', `Cannot run a job: ${name.slice(0, 100)} is none of ${Object.keys(meanings).join(', ')}`);
  return jobSpec(meaning(object.fields, user));
}

function copy(fields: Fields, user: string): GivenSpec {
  const writeType = fields.get('mWriteType');
  const constant = java.isJavaEnum(writeType) ? writeType.constant : typeof writeType === 'string' ? writeType : undefined;
  return {
    kind: 'copy',
    user,
    path: text(fields, 'mSource'),
    target: text(fields, 'mDestination'),
    writeType: jobWriteType(constant),
    overwrite: fields.get('mOverwrite') === true,
    keepModes: false,
  };
}

/** More than one copy is a replication. Loads to chosen workers only are not offered. */
function load(fields: Fields, user: string): GivenSpec {
  for (const field of ['mWorkerSet', 'mExcludedWorkerSet', 'mLocalityIds', 'mExcludedLocalityIds']) {
    const elements = java.javaElements(fields.get(field));
    if (elements === undefined || elements.length > 0)
      throw fail('unimplemented', 'Cannot load: the workers to load to cannot be chosen; leave out hosts and localities');
  }
  const replicas = number(fields, 'mReplication');
  const path = text(fields, 'mFilePath');
  return replicas <= 1 ? { kind: 'load', user, path } : { kind: 'replicate', user, path, replicas: Math.min(MAX_REPLICAS, replicas) };
}

function text(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (typeof value !== 'string') throw fail('invalidArgument', `Cannot run a job: its configuration has no ${name}`);
  return value;
}

function number(fields: Fields, name: string): number {
  const value = fields.get(name);
  if (typeof value !== 'number') throw fail('invalidArgument', `Cannot run a job: its configuration has no ${name}`);
  return value;
}
