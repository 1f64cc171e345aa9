// Our gRPC server with no service but the handshake, for h2spec: what it sends is no gRPC, and the answers say so.
// Prints its port and serves until it is ended.
import { randomBytes } from 'node:crypto';
import { ServiceTable, grpcNetwork, simpleAuthenticator } from '@alluvium/net';

const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
const random = { bytes: (length) => randomBytes(length), next: () => Math.random() };
const log = (level, message, fields) => level === 'error' && console.error(message, fields);

const server = await grpcNetwork({ clock, random, log }).serve({ host: '127.0.0.1', port: 0 }, new ServiceTable(), {
  authenticator: simpleAuthenticator(),
  maxInboundMessageBytes: 4 * 2 ** 20,
});
console.log(server.address.port);
