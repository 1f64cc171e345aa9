const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `11-21-2026 07:25:50:123` in the zone of this machine: the form Alluxio's shell prints. */
export function formatTime(timeMs: bigint): string {
  const t = new Date(Number(timeMs));
  const day = `${pad(t.getMonth() + 1)}-${pad(t.getDate())}-${pad(t.getFullYear(), 4)}`;
  return `${day} ${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}:${pad(t.getMilliseconds(), 3)}`;
}

/** `2026-11-21 07:25:50` in UTC: what `stat -f %y` prints. */
export function formatUtc(timeMs: bigint): string {
  return new Date(Number(timeMs)).toISOString().slice(0, 19).replace('T', ' ');
}

/** `1 day(s), 2 hour(s), 3 minute(s), and 4 second(s)`: how Alluxio tells an uptime. */
export function formatUptime(durationMs: bigint): string {
  const seconds = Number(durationMs / 1000n);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${days} day(s), ${hours} hour(s), ${minutes} minute(s), and ${seconds % 60} second(s)`;
}

/** `0:07`, `12:34`, `3:25:00`: what is left of a copy. */
export function formatRemaining(durationMs: number): string {
  const seconds = Math.max(0, Math.ceil(durationMs / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** `12s`, `5min`, `3h`, `2d`: an age, in the largest unit that it is two of. */
export function formatAge(durationMs: bigint): string {
  const seconds = Math.max(0, Math.floor(Number(durationMs) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
