import { fail } from '@alluvium/base';
import type { UfsStatus, UnderStore } from '@alluvium/ufs';

/** What is to be changed; undefined stays as it is. */
export interface StoreAttributes {
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly mode: number | undefined;
}

/**
 * Changes owner, group and mode of something in a store, all or nothing; answers its status afterwards. What the store does without
 * confirming it counts. Throws `permissionDenied` when the store refuses, with Alluxio's text, and `unknown` when the store may have
 * taken a part.
 */
export async function changeInStore(store: UnderStore, at: string, uri: string, wanted: StoreAttributes): Promise<UfsStatus | undefined> {
  const { owner, group, mode } = wanted;
  const owned = owner !== undefined || group !== undefined;
  const before = owned && mode !== undefined ? await store.status(at) : undefined;
  let step = 'setOwner';
  try {
    if (owned) await store.setOwner(at, owner, group);
    step = 'setMode';
    if (mode !== undefined) await store.setMode(at, mode);
  } catch (error) {
    try {
      const now = await store.status(at);
      if (now !== undefined && has(now, wanted)) return now;
      if (now !== undefined && before !== undefined && !has(now, { ...before, mode: undefined }))
        await store.setOwner(at, owner === undefined ? undefined : before.owner, group === undefined ? undefined : before.group);
    } catch (why) {
      throw fail('unknown', `Could not ${step} for UFS file ${uri} , which may have a part of it`, why);
    }
    throw fail('permissionDenied', `Could not ${step} for UFS file ${uri} . Aborting the setAttribute operation in Alluxio.`, error);
  }
  return store.status(at).catch((error: unknown) => {
    throw fail('unknown', `Could not see what ${uri} has after the change`, error);
  });
}

function has(status: UfsStatus, { owner, group, mode }: StoreAttributes): boolean {
  return (
    (owner === undefined || status.owner === owner) &&
    (group === undefined || status.group === group) &&
    (mode === undefined || status.mode === mode)
  );
}
