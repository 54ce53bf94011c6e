import { describe, expect, it } from 'vitest';
import { AppError, ConfigError, StoreError, UsageError } from './errors.ts';

describe('AppError', () => {
  it('AppError carries code, cause and whether waiting helps', () => {
    const cause = new Error('disk');
    const error = new StoreError('STORE_FAILED', 'Cannot store', { cause, retryable: true });
    expect(error).toMatchObject({
      name: 'StoreError',
      code: 'STORE_FAILED',
      retryable: true,
      cause,
    });
    expect(error).toBeInstanceOf(AppError);
  });

  it('AppError is not retryable and has no cause unless told so', () => {
    const error = new AppError('SOME_CODE', 'x');
    expect(error.retryable).toBe(false);
    expect('cause' in error).toBe(false);
  });

  it('ConfigError has a line for each fault', () => {
    const error = new ConfigError(['A  wrong', 'B  wrong']);
    expect(error.message).toBe('Cannot read the configuration:\n  A  wrong\n  B  wrong');
    expect(error.faults).toHaveLength(2);
  });

  it('UsageError is one sentence with its own code', () => {
    expect(new UsageError('Cannot open port 80')).toMatchObject({
      name: 'UsageError',
      code: 'USAGE',
      message: 'Cannot open port 80',
    });
  });
});
