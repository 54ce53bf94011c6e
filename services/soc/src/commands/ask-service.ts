/** A request from the command line to the running instance. */
import { ServiceCallError, requestJson, type RequestJsonOptions } from '@mini-soc/service-kit';
import { UsageError } from '@mini-soc/model';
import type { z } from 'zod';
import { NotRunningError, type Reached } from '../running-instance.ts';

/** Throws UsageError in one sentence: nothing runs there, or what the service said. */
export async function askService<Schema extends z.ZodType>(
  { url: base, token, fetch }: Reached,
  path: string,
  options: Omit<RequestJsonOptions<Schema>, 'timeoutMs' | 'token' | 'fetch'>,
): Promise<z.infer<Schema>> {
  try {
    return await requestJson(`${base}${path}`, { ...options, token, fetch, timeoutMs: 30_000 });
  } catch (error) {
    if (error instanceof ServiceCallError && error.statusCode === undefined)
      throw new NotRunningError(base, error);
    if (error instanceof ServiceCallError && error.statusCode === 401)
      throw new UsageError(
        `${base} wants a token: set API_TOKEN to the one it was started with, or to that in the file "token" of its data folder`,
        { cause: error },
      );
    if (error instanceof ServiceCallError && error.refusal !== undefined)
      throw new UsageError(error.refusal.message, { cause: error });
    throw error;
  }
}
