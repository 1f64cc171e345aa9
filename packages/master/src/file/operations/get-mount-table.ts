import { messageOf } from '@alluvium/base';
import { redacted } from '@alluvium/platform';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { Mount } from '../../mount/mount.js';
import type { FileContext } from '../context.js';

type Reply = fs.GetMountTablePResponse;

/** A store that does not answer must not hold the table back for ever. */
const SPACE_TIMEOUT_MS = 5000;

/** GetMountTable; with the space of each store unless that is declined. */
export function getMountTable(c: FileContext, request: fs.GetMountTablePRequest): Reply | Promise<Reply> {
  const checkUfs = request.checkUfs ?? true;
  if (!checkUfs)
    return { mountPoints: Object.fromEntries([...c.mounts.all()].map((mount) => [mount.path, describe(mount, '', undefined)])) };
  return withSpace(c);
}

async function withSpace(c: FileContext): Promise<Reply> {
  const entries = await Promise.all(
    [...c.mounts.all()].map(async (mount) => [mount.path, describe(mount, typeOf(c, mount), await spaceOf(c, mount))] as const),
  );
  await c.committer.settled();
  return { mountPoints: Object.fromEntries(entries) };
}

function typeOf(c: FileContext, mount: Mount): string {
  try {
    return mount.store.capabilities.type;
  } catch (error) {
    c.log.warn('under store cannot be opened', { path: mount.path, reason: messageOf(error) });
    return '';
  }
}

async function spaceOf(c: FileContext, mount: Mount): Promise<{ capacityBytes: number; usedBytes: number } | undefined> {
  let timeout: (() => void) | undefined;
  const late = new Promise<undefined>((resolve) => {
    const timer = c.clock.schedule(SPACE_TIMEOUT_MS, () => resolve(undefined));
    timeout = () => timer.cancel();
  });
  try {
    return await Promise.race([mount.store.space(), late]);
  } catch (error) {
    c.log.warn('space of an under store unknown', { path: mount.path, reason: messageOf(error) });
    return undefined;
  } finally {
    timeout?.();
  }
}

function describe(mount: Mount, ufsType: string, space: { capacityBytes: number; usedBytes: number } | undefined): fs.MountPointInfo {
  return {
    ufsUri: mount.ufsUri === '' ? '/' : mount.ufsUri,
    ufsType,
    ufsCapacityBytes: BigInt(space?.capacityBytes ?? -1),
    ufsUsedBytes: BigInt(space?.usedBytes ?? -1),
    readOnly: mount.readOnly,
    shared: mount.shared,
    mountId: mount.id,
    properties: Object.fromEntries([...mount.properties].map(([key, value]) => [key, redacted(key, value)])),
  };
}
