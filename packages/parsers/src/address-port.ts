/** Addresses with a port behind them, as servers write them: `192.0.2.1:22`, `[2001:db8::1]:22`, `2001:db8::1:22`. */
import { readIpAddress } from '@mini-soc/model/ip-address';
import { readPort, setPort, setSource, type Draft } from './draft.ts';

export interface AddressPort {
  readonly address: string;
  /** -1 when there is none. */
  readonly port: number;
}

/**
 * Takes the two apart; undefined when the text is neither an address nor an address with a port. An IPv6
 * address without brackets can be read with or without a port: `hasPort` says what the writer does.
 */
export function readAddressPort(text: string, hasPort: boolean): AddressPort | undefined {
  if (text.charAt(0) === '[') {
    const close = text.indexOf(']');
    const inner = text.slice(1, close);
    if (close < 3 || readIpAddress(inner) === undefined) return undefined;
    if (close === text.length - 1) return { address: inner, port: -1 };
    const port = text.charAt(close + 1) === ':' ? readPort(text.slice(close + 2)) : -1;
    return port < 0 ? undefined : { address: inner, port: port };
  }
  const colon = text.lastIndexOf(':');
  const isV6 = colon >= 0 && text.indexOf(':') !== colon;
  if (colon > 0 && (!isV6 || hasPort)) {
    const port = readPort(text.slice(colon + 1));
    const address = text.slice(0, colon);
    if (port >= 0 && readIpAddress(address) !== undefined) return { address: address, port: port };
  }
  return readIpAddress(text) === undefined ? undefined : { address: text, port: -1 };
}

/** Sets source and port from such a text; false when it is none. */
export function setAddressPort(draft: Draft, text: string, hasPort: boolean): boolean {
  const found = readAddressPort(text, hasPort);
  if (found === undefined) return false;
  setSource(draft, found.address);
  if (found.port >= 0) setPort(draft, found.port);
  return true;
}
