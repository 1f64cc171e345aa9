/** `drwxr-xr-x` from permission bits. */
export function formatMode(mode: number, folder: boolean): string {
  let text = folder ? 'd' : '-';
  for (let bit = 8; bit >= 0; bit--) text += (mode >> bit) & 1 ? 'rwx'[(8 - bit) % 3]! : '-';
  return text;
}
