import { fail } from '@alluvium/base';
import type { Clock } from '@alluvium/base';
import type { Caller } from '../rpc/call.js';

/** One authenticated channel of a client. Its id is a bearer token: good on any connection to this server. */
export interface ChannelSession {
  readonly channelId: string;
  readonly caller: Caller;
  usedAtMs: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MOST_CHANNELS = 100_000;
/** `alluxio.security.stale.channel.purge.interval`. */
const PURGE_AFTER_MS = 3 * 86_400_000;
/** How exactly the last use is known; reading a clock for each call is not worth more. */
const TICK_MS = 60_000;

/** The authenticated channels of one server: one table for all its connections. */
export class ChannelRegistry {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, ChannelSession>();
  #nowMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nowMs = clock.monotonicMs();
  }

  /** Throws `internal` for an id that is no UUID or is taken; in the latter case nobody has it afterwards. */
  register(clientId: string, caller: Caller): ChannelSession {
    if (!isUuid(clientId)) throw fail('internal', `Invalid UUID string: ${clientId.slice(0, 100)}`);
    const channelId = clientId.toLowerCase();
    const existing = this.#sessions.get(channelId);
    if (existing !== undefined) {
      this.#sessions.delete(channelId);
      throw fail('internal', `Channel: ${channelId} already exists in authentication registry for user: ${existing.caller.user}`);
    }
    if (this.#sessions.size >= MOST_CHANNELS)
      throw fail('resourceExhausted', `Cannot authenticate channel "${channelId}": ${MOST_CHANNELS} channels are open; close some`);
    const session = { channelId, caller, usedAtMs: this.#clock.monotonicMs() };
    this.#sessions.set(channelId, session);
    return session;
  }

  find(channelId: string): ChannelSession | undefined {
    const session = this.#sessions.get(channelId) ?? this.#sessions.get(channelId.toLowerCase());
    if (session !== undefined) session.usedAtMs = this.#nowMs;
    return session;
  }

  remove(session: ChannelSession): void {
    if (this.#sessions.get(session.channelId) === session) this.#sessions.delete(session.channelId);
  }

  /** Forgets what was not used for three days. Call now and then. */
  sweep(nowMs: number): void {
    if (nowMs - this.#nowMs < TICK_MS) return;
    this.#nowMs = nowMs;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.usedAtMs > PURGE_AFTER_MS) this.#sessions.delete(session.channelId);
    }
  }
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
