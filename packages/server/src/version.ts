/** The version of this program. */
export const VERSION = '0.1.0';
/** The Alluxio version whose protocol is spoken: clients compare it with their own and warn when it differs. */
export const PROTOCOL_VERSION = '2.9.4';
