import { describe, expect, it } from 'vitest';
import { AppError, UsageError } from './errors.ts';
import { describePassing, isPassing } from './passing-fault.ts';

const fault = (code: string, syscall = 'open') =>
  Object.assign(new Error(`${code}: no`), { code, syscall });

describe('isPassing()', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM'])(
    'waits for %s, also as the cause of another error',
    (code) => {
      expect(isPassing(fault(code))).toBe(true);
      expect(isPassing(new UsageError('Cannot', { cause: fault(code) }))).toBe(true);
      expect(describePassing(new UsageError('Cannot', { cause: fault(code) }))).toBeDefined();
    },
  );

  it('waits for what says itself that waiting helps', () => {
    expect(isPassing(new AppError('X', 'no', { retryable: true }))).toBe(true);
  });

  it.each([
    new UsageError('It is in use by another process'),
    fault('ENOENT'),
    fault('ENOTDIR'),
    fault('EACCES', 'listen'),
    new TypeError('a fault of ours'),
    'a text',
  ])('does not wait for %s', (error) => {
    expect(isPassing(error)).toBe(false);
  });

  it('ends where causes lead round in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isPassing(error)).toBe(false);
  });
});
