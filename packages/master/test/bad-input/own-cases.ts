import { methodsOf } from '@alluvium/net';
import { namespaceService, replicationService } from '@alluvium/wire';
import { MANY, MAX, MIN, of, type Case } from './case.js';

const namespace = methodsOf(namespaceService.NamespaceServiceDefinition);
const replication = methodsOf(replicationService.ReplicationServiceDefinition);

/** Calls of our own. */
export const ownCalls: readonly Case[] = [
  ...of(namespace.listTasks, ['nothing at all', {}, 'ok'], ['of no kind', { kind: 'x'.repeat(MANY) }, 'ok']),
  ...of(
    namespace.getTask,
    ['nothing at all', {}, 'notFound'],
    ['of nothing', { taskId: MAX, directories: -1, directoriesAfter: -1 }, 'notFound'],
  ),
  ...of(namespace.cancelTask, ['nothing at all', {}, 'notFound'], ['of nothing', { taskId: MIN }, 'notFound']),
  ...of(
    namespace.startSync,
    ['nothing at all', {}, 'invalidArgument'],
    ['less than no request', { path: '/d', requestsPerSecond: -1 }, 'invalidArgument', /^Cannot sync "\/d" with -1 requests per second/],
    ['a rate that is no number', { path: '/d', requestsPerSecond: Number.NaN }, 'invalidArgument'],
  ),
  ...of(
    namespace.listPersistQueue,
    ['nothing at all', {}, 'ok'],
    ['less than none', { path: '/d', limit: -1 }, 'ok'],
    ['after nothing', { path: '/d', afterFileId: MIN }, 'aborted'],
  ),
  ...of(namespace.listUfsModes, ['nothing at all', {}, 'ok']),
  ...of(
    namespace.startDoctor,
    ['no super user', {}, 'permissionDenied', /is not a super user/, 'alice'],
    ['less than no check', { checksPerSecond: -1 }, 'invalidArgument', /^Cannot check with -1 checks per second/],
    ['a rate that is no number', { checksPerSecond: Number.NaN }, 'invalidArgument'],
    ['a rate beyond all bounds', { checksPerSecond: Infinity }, 'invalidArgument'],
  ),
  ...of(
    namespace.listFindings,
    ['no super user', {}, 'permissionDenied', /is not a super user/, 'alice'],
    ['before any run', {}, 'notFound', 'The doctor has not been called'],
    ['of no task', { taskId: MIN, limit: -1, after: -1 }, 'notFound', /^Cannot find what the task/],
  ),
  ...of(namespace.getJournalStatus, ['nothing at all', {}, 'ok'], ['no super user', {}, 'ok', /^/, 'alice']),
  ...of(namespace.listBackups, ['nothing at all', {}, 'ok'], ['no super user', {}, 'permissionDenied', /is not a super user/, 'alice']),
  ...of(namespace.pausePersist, ['nothing at all', {}, 'invalidArgument'], ['no mount', { path: '/d', paused: true }, 'invalidArgument']),
  ...of(replication.getReplication, ['nothing at all', {}, 'ok'], ['less than none', { limit: -1 }, 'ok']),
  ...of(namespace.listLocks, ['nothing at all', {}, 'ok']),
  ...of(
    namespace.watch,
    ['no path', { path: 'relative' }, 'invalidArgument'],
    ['what is no longer kept', { path: '/', afterSequence: MIN }, 'outOfRange'],
  ),
];
