import { fail } from '@alluvium/base';
import { sasl } from '@alluvium/wire';
import type { StreamHandler } from '../rpc/call.js';
import { methodsOf } from '../rpc/method.js';
import type { Authenticator } from '../rpc/network.js';
import type { ChannelRegistry, ChannelSession } from './channel-registry.js';
import { parsePlain } from './plain.js';

export const AUTHENTICATE = methodsOf(sasl.SaslAuthenticationServiceDefinition).authenticate;

/**
 * The handshake that every client begins with, and its life after that: the client sends one PLAIN challenge, is told
 * SUCCESS, and then keeps the stream open for as long as its channel id is to be good.
 *
 *   start --CHALLENGE--> registered --half-close, reset or loss--> forgotten
 */
export function authenticateHandler(
  authenticator: Authenticator,
  registry: ChannelRegistry,
): StreamHandler<sasl.SaslMessage, sasl.SaslMessage> {
  return async (stream) => {
    let session: ChannelSession | undefined;
    try {
      for (let message = await stream.read(); message !== undefined; message = await stream.read()) {
        if (message.messageType === sasl.SaslMessageType.SUCCESS)
          throw fail('unauthenticated', "Server can't process Sasl message type:SUCCESS");
        if (session !== undefined) throw fail('internal', 'PLAIN authentication has completed');
        session = await register(message, authenticator, registry);
        // The client calls as soon as it sees SUCCESS, so its id is known before.
        await stream.write({ messageType: sasl.SaslMessageType.SUCCESS });
      }
    } finally {
      if (session !== undefined) registry.remove(session);
    }
  };
}

async function register(message: sasl.SaslMessage, authenticator: Authenticator, registry: ChannelRegistry): Promise<ChannelSession> {
  const scheme = message.authenticationScheme ?? sasl.ChannelAuthenticationScheme.NOSASL;
  if (scheme === sasl.ChannelAuthenticationScheme.NOSASL) throw fail('unauthenticated', 'Authentication scheme:NOSASL is not supported');
  const caller = await authenticator.authenticate(parsePlain(message.message));
  return registry.register(message.clientId ?? '', caller);
}
