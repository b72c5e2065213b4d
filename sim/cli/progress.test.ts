import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from './progress.ts';

/** A stream that keeps what is written, as a terminal of 40 columns or as none. */
function streamOf(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly written: string[] } {
  const written: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns: 40 }) as unknown as NodeJS.WriteStream, written };
}

describe('createProgress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  /** One update a second, a hundredth of the work each. */
  function work(progress: ReturnType<typeof createProgress>, seconds: number): void {
    for (let done = 1; done <= seconds; done++) {
      vi.advanceTimersByTime(1_000);
      progress.update(done, 100, 'era 1 of 4');
    }
    progress.finish();
  }

  it('where there is no terminal > writes a whole line every ten seconds', () => {
    const { stream, written } = streamOf(false);
    work(createProgress(stream, false), 35);
    expect(written).toEqual([
      '10 % · era 1 of 4 · 10 s, 1 min 30 s left\n',
      '20 % · era 1 of 4 · 20 s, 80 s left\n',
      '30 % · era 1 of 4 · 30 s, 70 s left\n',
    ]);
  });

  it('where there is no terminal and the run is short > writes nothing', () => {
    const { stream, written } = streamOf(false);
    work(createProgress(stream, false), 9);
    expect(written).toEqual([]);
  });

  it.each([true, false])('when quiet (terminal: %s) > writes nothing', (isTTY) => {
    const { stream, written } = streamOf(isTTY);
    work(createProgress(stream, true), 60);
    expect(written).toEqual([]);
  });

  it('on a terminal > rewrites one line, no longer than the terminal is wide, and clears it at the end', () => {
    const { stream, written } = streamOf(true);
    const progress = createProgress(stream, false);
    progress.update(0, 100, 'a detail that is much too long for the width of forty columns');
    vi.advanceTimersByTime(50);
    progress.update(1, 100, 'too soon');
    vi.advanceTimersByTime(50);
    progress.update(2, 100, 'era 1');
    progress.finish();
    expect(written).toEqual([
      '\r\u001b[2K0 % · a detail that is much too long fo',
      '\r\u001b[2K2 % · era 1 · 0 s, 5 s left',
      '\r\u001b[2K',
    ]);
    for (const text of written) expect(text.replace('\r\u001b[2K', '').length).toBeLessThan(40);
  });

  it.each([
    ['CI', 'true'],
    ['TERM', 'dumb'],
  ])('on a terminal with %s=%s > writes lines, not control characters', (name, value) => {
    vi.stubEnv(name, value);
    const { stream, written } = streamOf(true);
    work(createProgress(stream, false), 10);
    expect(written).toHaveLength(1);
    expect(written[0]).not.toContain('\u001b');
  });
});
