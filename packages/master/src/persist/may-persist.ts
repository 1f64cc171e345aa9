import type { FileContext } from '../file/context.js';
import type { Mount } from '../mount/mount.js';

/** Why nothing is persisted to the store of `mount` at the moment, for people; undefined when it may be. */
export function whyNotPersisted(c: FileContext, mount: Mount): string | undefined {
  if (mount.readOnly) return `the mount point ${mount.path} is read-only`;
  const mode = c.mounts.modeOf(mount);
  if (mode !== 'READ_WRITE') return `the mode of the store of ${mount.path} is ${mode}`;
  const reason = c.tree.persistence.pauseOf(mount.id);
  if (reason === undefined) return undefined;
  return `persistence to ${mount.path} is paused${reason === '' ? '' : `: ${reason}`}`;
}
