import { methodsOf, type ServiceTable } from '@alluvium/net';
import { namespaceService as ns } from '@alluvium/wire';
import { listBackups, type BackupCalls } from './backup-service/operations.js';
import type { Watchers } from './events/watch.js';
import type { FileContext } from './file/context.js';
import { serve } from './file/serve.js';
import { startSyncTask } from './file/sync/start-sync.js';
import { listLocks } from './lock/list-locks.js';
import { listUfsModes } from './mount/list-ufs-modes.js';
import { listPersistQueue, pausePersist, type PersistView } from './persist/operations.js';
import { cancelTask, getTask, listTasks } from './task/operations.js';

const methods = methodsOf(ns.NamespaceServiceDefinition);

/** NamespaceService: what this master offers beyond Alluxio's services. */
export function namespaceService(
  c: FileContext,
  watchers: Watchers,
  persistence: PersistView,
  backup: BackupCalls,
): (table: ServiceTable) => void {
  return (table) => {
    table
      .stream(methods.watch, (stream) => watchers.watch(stream))
      .unary(methods.listTasks, serve(c, listTasks))
      .unary(methods.getTask, serve(c, getTask))
      .unary(methods.cancelTask, serve(c, cancelTask))
      .unary(methods.startSync, serve(c, startSyncTask))
      .unary(
        methods.listPersistQueue,
        serve(c, (_, request, user) => listPersistQueue(persistence, c, request, user)),
      )
      .unary(
        methods.pausePersist,
        serve(c, (_, request, user) => pausePersist(persistence, c, request, user)),
      )
      .unary(methods.listLocks, serve(c, listLocks))
      .unary(methods.listUfsModes, serve(c, listUfsModes))
      .unary(
        methods.listBackups,
        serve(c, (_, request, user) => listBackups(backup, request, user)),
      );
  };
}
