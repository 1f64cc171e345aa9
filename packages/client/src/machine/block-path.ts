/** Whether the file that a worker names for a block is named after it: no other file of this machine is opened on a worker's word. */
export function isFileOfBlock(path: string, blockId: bigint): boolean {
  return path.startsWith('/') && /[0-9]+$/.exec(path)?.[0] === String(blockId);
}
