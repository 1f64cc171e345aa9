import type { UfsStatus, UnderStore } from '@alluvium/ufs';

const NONE = '_';

/**
 * Alluxio's fingerprint of a stored object: `TAG|value ` for TYPE, UFS, OWNER, GROUP, MODE and, for files, CONTENT_HASH. Two
 * fingerprints are equal when neither content nor owner, group and mode have changed.
 */
export function fingerprintOf(store: UnderStore, status: UfsStatus): string {
  let text = '';
  text += tag('TYPE', status.directory ? 'DIRECTORY' : 'FILE');
  text += tag('UFS', store.capabilities.type);
  text += tag('OWNER', status.owner);
  text += tag('GROUP', status.group);
  text += tag('MODE', status.mode.toString());
  if (!status.directory) text += tag('CONTENT_HASH', status.contentHash ?? '');
  return text;
}

function tag(name: string, value: string): string {
  return `${name}|${value === '' ? NONE : value.replaceAll(/[| ]/g, NONE)} `;
}
