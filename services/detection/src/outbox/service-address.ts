import type { Fetch } from '@mini-soc/service-kit';

/** Where another service is. */
export interface ServiceAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** Bearer token; none when empty. */
  readonly token: string;
  /** Another transport than the network. */
  readonly fetch?: Fetch;
}
