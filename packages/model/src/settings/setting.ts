/** One entry of the table of settings. */
import type { z } from 'zod';

export interface Setting<Output> {
  readonly schema: z.ZodType<Output, string>;
  readonly fallback: string;
  /** One line: meaning, unit. */
  readonly description: string;
  readonly secret?: boolean;
}

export function setting<Output>(
  schema: z.ZodType<Output, string>,
  fallback: string,
  description: string,
  secret = false,
): Setting<Output> {
  return { schema, fallback, description, secret };
}
