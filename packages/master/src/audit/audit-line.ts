// A line of the audit log, in the form of Alluxio's master_audit.log: fields with tabs between them, `name=value`.
import { modeText } from '../file/permissions.js';

export interface AuditRecord {
  readonly timeMs: number;
  readonly succeeded: boolean;
  /** False: refused for lack of permission. */
  readonly allowed: boolean;
  readonly user: string;
  /** The user's primary group, or ''. */
  readonly group: string;
  /** Who authenticated, when that is somebody else who acts for the user. */
  readonly via: string | undefined;
  /** `host:port` of the caller. */
  readonly peer: string;
  readonly command: string;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** Of the path after the operation; undefined when there is none. */
  readonly permission: { readonly owner: string; readonly group: string; readonly mode: number } | undefined;
  readonly executionUs: number;
}

/** Makes lines. What one line says like the one before is not made again: a busy master writes a hundred thousand a second. */
export class AuditLines {
  readonly #authentication: string;
  #secondMs = NaN;
  #second = '';
  #user: Pick<AuditRecord, 'user' | 'group' | 'via'> | undefined;
  #userText = '';
  #permission: AuditRecord['permission'];
  #permissionText = '';

  /** `authentication` is SIMPLE, CUSTOM or NOSASL. */
  constructor(authentication: string) {
    this.#authentication = authentication;
  }

  /** With its line feed; times are UTC. */
  of(record: AuditRecord): string {
    return (
      `${this.#time(record.timeMs)} INFO  AUDIT_LOG - succeeded=${record.succeeded}\tallowed=${record.allowed}\tugi=${this.#userOf(record)}` +
      `\tip=/${record.peer}\tcmd=${record.command}\tsrc=${path(record.source)}\tdst=${path(record.destination)}` +
      `\tperm=${this.#permissionOf(record.permission)}\texecutionTimeUs=${record.executionUs}\tproto=rpc\n`
    );
  }

  #time(timeMs: number): string {
    const ms = timeMs % 1000;
    if (timeMs - ms !== this.#secondMs) {
      this.#secondMs = timeMs - ms;
      this.#second = timeText(timeMs).slice(0, -3);
    }
    return this.#second + String(ms).padStart(3, '0');
  }

  #userOf(record: AuditRecord): string {
    const last = this.#user;
    if (last === undefined || last.user !== record.user || last.group !== record.group || last.via !== record.via) {
      const { user, group, via } = record;
      this.#user = { user, group, via };
      this.#userText = `${shown(user)},${shown(group)} (AUTH=${this.#authentication})${via === undefined ? '' : ` via ${shown(via)}`}`;
    }
    return this.#userText;
  }

  #permissionOf(permission: AuditRecord['permission']): string {
    if (permission === undefined) return 'null';
    const { owner, group, mode } = permission;
    const last = this.#permission;
    if (last === undefined || last.owner !== owner || last.group !== group || last.mode !== mode) {
      this.#permission = { owner, group, mode };
      this.#permissionText = `${shown(owner)}:${shown(group)}:${modeText(mode)}`;
    }
    return this.#permissionText;
  }
}

/** Stands where lines are missing. */
export function missingLine(timeMs: number, count: number): string {
  return `${timeText(timeMs)} WARN  AUDIT_LOG - ${count} lines are missing here: they came faster than they could be written\n`;
}

/** `2026-01-31 23:59:59,999` */
function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('.', ',').slice(0, 23);
}

/** Longer ones are cut: the master refuses them anyway. */
const MAX_TEXT = 5000;

function path(given: string | undefined): string {
  return given === undefined ? 'null' : shown(given);
}

/** What could end a line or a field, or steer a terminal, is written as `\x0a`; a backslash is doubled. */
function shown(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
  if (!/[\u0000-\u001f\u007f-\u009f\u2028\u2029\\]/.test(short)) return short;
  return short.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\\]/g, (char) =>
    char === '\\'
      ? '\\\\'
      : char < '\u0100'
        ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
        : `\\u${char.charCodeAt(0).toString(16)}`,
  );
}
