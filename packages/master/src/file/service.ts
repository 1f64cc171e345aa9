import { encodedMessages, methodsOf, type ServiceTable } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from './context.js';
import { checkAccess } from './operations/check-access.js';
import { checkConsistency } from './operations/check-consistency.js';
import { completeFile } from './operations/complete-file.js';
import { createDirectory } from './operations/create-directory.js';
import { createFile } from './operations/create-file.js';
import { exists } from './operations/exists.js';
import { free } from './operations/free.js';
import { getFilePath } from './operations/get-file-path.js';
import { getMountTable } from './operations/get-mount-table.js';
import { getNewBlockId } from './operations/get-new-block-id.js';
import { getStateLockHolders } from './operations/get-state-lock-holders.js';
import { getStatus } from './operations/get-status.js';
import { listStatusPartial } from './operations/list-status-partial.js';
import { listStatus } from './operations/list-status.js';
import { mount } from './operations/mount.js';
import { needsSync } from './operations/needs-sync.js';
import { remove } from './operations/remove.js';
import { rename } from './operations/rename.js';
import { reverseResolve } from './operations/reverse-resolve.js';
import { scheduleAsyncPersistence } from './operations/schedule-async-persistence.js';
import { setAcl } from './operations/set-acl.js';
import { setAttribute } from './operations/set-attribute.js';
import { cancelSyncMetadata, getSyncProgress, syncMetadata, syncMetadataAsync } from './operations/sync-metadata.js';
import { getSyncPathList, startSync, stopSync } from './operations/sync-points.js';
import { unmount } from './operations/unmount.js';
import { updateMount } from './operations/update-mount.js';
import { updateUfsMode } from './operations/update-ufs-mode.js';
import { getPinnedFileIds } from './pinned-file-ids.js';
import { serve } from './serve.js';
import { itself, ofAcl, ofAttributes, ofMount, ofRemoval, ofRename, withAllBelow, withChildren } from './sync/accesses.js';
import { afterSync, withoutLoad } from './sync/before-operation.js';
import { markingParent } from './sync/marking-parent.js';
import { getFileInfo, getUfsInfo } from './worker-service.js';

const client = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const worker = methodsOf(fs.FileSystemMasterWorkerServiceDefinition);
const job = methodsOf(fs.FileSystemMasterJobServiceDefinition);
// What may be long is encoded by the operation itself.
const listing = { ...client.listStatus, response: encodedMessages };
const pinnedFileIds = { ...worker.getPinnedFileIds, response: encodedMessages };

/** FileSystemMasterClientService, FileSystemMasterWorkerService and FileSystemMasterJobService. */
export function fileSystemMasterServices(c: FileContext): (table: ServiceTable) => void {
  return (table) => {
    table
      .unary(client.getStatus, serve(c, afterSync(getStatus, itself, withoutLoad)))
      .unary(client.exists, serve(c, afterSync(exists, itself, withoutLoad)))
      .unary(client.createFile, serve(c, afterSync(createFile, withChildren)))
      .unary(client.getNewBlockIdForFile, serve(c, getNewBlockId))
      .unary(client.completeFile, serve(c, completeFile))
      .unary(client.createDirectory, serve(c, afterSync(createDirectory, withChildren)))
      .unary(client.remove, serve(c, afterSync(markingParent(remove), ofRemoval)))
      .unary(client.rename, serve(c, afterSync(rename, ofRename)))
      .unary(client.getFilePath, serve(c, getFilePath))
      .unary(client.getMountTable, serve(c, getMountTable))
      .unary(client.mount, serve(c, afterSync(mount, ofMount)))
      .unary(client.updateMount, serve(c, updateMount))
      .unary(client.unmount, serve(c, unmount))
      .unary(client.updateUfsMode, serve(c, updateUfsMode))
      .unary(client.setAttribute, serve(c, afterSync(setAttribute, ofAttributes)))
      .unary(client.setAcl, serve(c, afterSync(setAcl, ofAcl)))
      .unary(client.free, serve(c, free))
      .unary(client.reverseResolve, serve(c, reverseResolve))
      .unary(client.needsSync, serve(c, needsSync))
      .unary(client.checkConsistency, serve(c, afterSync(checkConsistency, withAllBelow)))
      .unary(client.syncMetadata, serve(c, syncMetadata))
      .unary(client.syncMetadataAsync, serve(c, syncMetadataAsync))
      .unary(client.getSyncProgress, serve(c, getSyncProgress))
      .unary(client.cancelSyncMetadata, serve(c, cancelSyncMetadata))
      .unary(client.startSync, serve(c, startSync))
      .unary(client.stopSync, serve(c, stopSync))
      .unary(client.getSyncPathList, serve(c, getSyncPathList))
      .unary(client.checkAccess, serve(c, afterSync(checkAccess, itself)))
      .unary(client.scheduleAsyncPersistence, serve(c, scheduleAsyncPersistence))
      .unary(client.listStatusPartial, serve(c, listStatusPartial))
      .unary(client.getStateLockHolders, serve(c, getStateLockHolders))
      .stream(listing, (stream) => (c.audit === undefined ? listSettled(c, stream) : c.audit.stream(stream, (s) => listSettled(c, s))))
      .unary(pinnedFileIds, serve(c, getPinnedFileIds))
      .unary(worker.getFileInfo, serve(c, getFileInfo))
      .unary(worker.getUfsInfo, serve(c, getUfsInfo))
      .unary(job.getFileInfo, serve(c, getFileInfo))
      .unary(job.getUfsInfo, serve(c, getUfsInfo));
  };
}

/** The end of a listing, and its error, say something of the namespace too. */
async function listSettled(c: FileContext, stream: Parameters<typeof listStatus>[1]): Promise<void> {
  try {
    await listStatus(c, stream);
  } finally {
    await c.committer.settled();
  }
}
