/** The kinds of value a setting can have: what is written → what the code gets, the wish in the refusal. */
import { z } from 'zod';
import { RESPONSE_ACTIONS, SEVERITIES, type ResponseAction, type Severity } from '../alert.ts';
import { durationSchema } from '../duration.ts';
import { parseIpRange, type IpRange } from '../ip-address.ts';

export const text = () => z.string();
export const port = () =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'Expected a port from 0 to 65535')
    .transform(Number)
    .refine((n) => n <= 65_535, 'Expected a port from 0 to 65535');
export const address = () =>
  z.union([z.ipv4(), z.ipv6()], 'Expected an address of this machine, such as 0.0.0.0');
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `Expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `Expected a whole number from ${min} to ${max}`);
export const flag = () =>
  z.enum(['true', 'false'], 'Expected true or false').transform((value) => value === 'true');
export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `Expected one of ${values.join(', ')}`);
export const duration = (minMs: number) =>
  durationSchema.refine((ms) => ms >= minMs, `Expected a duration of at least ${minMs} ms`);
/** A duration of at least `minMs`, or 0 for off. */
export const intervalOrOff = (minMs: number) =>
  z
    .string()
    .transform((value) => (value === '0' ? '0s' : value))
    .pipe(durationSchema)
    .refine(
      (ms) => ms === 0 || ms >= minMs,
      `Expected 0 or a duration of at least ${minMs / 1000}s`,
    );
export const httpUrl = () => z.url({ protocol: /^https?$/, error: 'Expected an http(s) URL' });
/** Where a service is; a path is put behind it, so it ends without a slash. */
export const serviceUrl = () => httpUrl().transform((url) => url.replace(/\/$/, ''));
/** An address, or `none`, which reads as the empty text. */
export const httpUrlOrNone = () =>
  z
    .union([z.literal('none'), httpUrl()], 'Expected an http(s) URL, or none')
    .transform((value) => (value === 'none' ? '' : value));

/** `response:TOKEN,enricher:TOKEN`: a token for each service. */
export const pairTokens = () =>
  z.string().transform((value, context): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const part of value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')) {
      const [, name = '', token = ''] = /^([a-z-]{1,32}):(\S{1,1024})$/.exec(part) ?? [];
      if (name === '')
        context.addIssue({
          code: 'custom',
          message: 'Expected service:token pairs separated by commas',
        });
      else found.set(name, token);
    }
    return found;
  });

export const hostNames = () =>
  z.string().transform((value, context): readonly string[] => {
    const names = value
      .split(',')
      .map((word) => word.trim().toLowerCase())
      .filter((word) => word !== '');
    for (const name of names)
      if (!/^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*$/.test(name))
        context.addIssue({
          code: 'custom',
          message: `Expected host names separated by commas ("${name}" is none)`,
        });
    return names;
  });

export const ranges = () =>
  z.string().transform((value, context): readonly IpRange[] => {
    const found: IpRange[] = [];
    for (const part of value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')) {
      const range = parseIpRange(part);
      if (range === undefined)
        context.addIssue({
          code: 'custom',
          message: `Expected addresses or CIDR ranges separated by commas ("${part}" is neither)`,
        });
      else found.push(range);
    }
    return found;
  });

export const levels = () =>
  z.string().transform((value, context): Readonly<Record<Severity, ResponseAction>> => {
    const result: Record<string, ResponseAction> = {};
    for (const part of value.split(',')) {
      const [severity = '', action = ''] = part.trim().split(':');
      if (
        (SEVERITIES as readonly string[]).includes(severity) &&
        (RESPONSE_ACTIONS as readonly string[]).includes(action)
      )
        result[severity] = action as ResponseAction;
      else
        context.addIssue({
          code: 'custom',
          message:
            'Expected severity:action pairs such as low:ignore,medium:ticket,high:block,critical:block',
        });
    }
    for (const severity of SEVERITIES)
      if (result[severity] === undefined)
        context.addIssue({ code: 'custom', message: `Expected an action for "${severity}"` });
    return result as Record<Severity, ResponseAction>;
  });

/** `BruteForceRule.at_least=6,port-scan.enabled=false`: rule (name or id), key, value. */
export const overrides = () =>
  z.string().transform((value, context) => {
    const found: {
      rule: string;
      key: 'at_least' | 'window' | 'suppress' | 'enabled' | 'response';
      value: string;
    }[] = [];
    for (const part of value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')) {
      const match = /^([^.=]+)\.(at_least|window|suppress|enabled|response)=(.+)$/.exec(part);
      if (match === null)
        context.addIssue({
          code: 'custom',
          message: `Expected RULE.KEY=VALUE with KEY one of at_least, window, suppress, enabled, response ("${part}" is not)`,
        });
      else
        found.push({
          rule: match[1] as string,
          key: match[2] as 'at_least',
          value: match[3] as string,
        });
    }
    return found;
  });
