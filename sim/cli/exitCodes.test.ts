import { describe, expect, it } from 'vitest';
import { TraceError } from '../engine/demand.ts';
import { InvariantError } from '../engine/run.ts';
import { exitCodeOf, messageOf, UsageError } from './exitCodes.ts';
import { withNamedErrors } from './inferenceErrors.ts';
import { openReplay } from './testRun.ts';

describe('exitCodeOf', () => {
  it.each([
    [new UsageError('x'), 2],
    [new TraceError('a.csv', 1, 'x', 'y'), 2],
    [new InvariantError(1, []), 1],
    [new Error('x'), 1],
    [new TypeError('x'), 1],
    ['no error at all', 1],
  ])('%s > %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  it('given an answer that is not stored > it is the machine’s lack (6), with what to do; a job that cannot be is ours (1)', async () => {
    const failure = async (poolSamples: number, sample: number): Promise<unknown> => {
      const port = await withNamedErrors(openReplay(poolSamples));
      return port.infer([{ variant: 0, sample, level: 1 }]).catch((error: unknown) => error);
    };
    const missing = await failure(700, 650);
    expect(exitCodeOf(missing)).toBe(6);
    expect(messageOf(missing)).toContain('Run once with --inference measure');
    expect(exitCodeOf(await failure(60, 60))).toBe(1);
  });
});

describe('messageOf', () => {
  it('adds what to do where the error knows it, once', () => {
    expect(messageOf(Object.assign(new Error('The disk is full.'), { fix: 'make room' }))).toBe(
      'The disk is full.\nFix: make room',
    );
    expect(messageOf(Object.assign(new Error('Full: make room'), { fix: 'make room' }))).toBe('Full: make room');
    expect(messageOf('plain')).toBe('plain');
  });
});
