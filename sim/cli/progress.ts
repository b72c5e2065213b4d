/** Progress on stderr: one line that is rewritten on a terminal, a line every ten seconds elsewhere, nothing when quiet. */

export type Progress = { update(done: number, total: number, detail: string): void; finish(): void };

function spanOf(wallMs: number): string {
  const s = Math.max(0, Math.round(wallMs / 1_000));
  return s < 90 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

const TERMINAL_EVERY_MS = 100;
const LOG_EVERY_MS = 10_000;

export function createProgress(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  const startMs = performance.now();
  const live = stream.isTTY === true && process.env.TERM !== 'dumb' && process.env.CI === undefined;
  let lastMs = live ? -TERMINAL_EVERY_MS : startMs;
  let shown = false;
  return {
    update(done, total, detail) {
      const nowMs = performance.now();
      if (quiet || nowMs - lastMs < (live ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return;
      lastMs = nowMs;
      const elapsedMs = nowMs - startMs;
      const eta = done === 0 ? '' : `, ${spanOf((elapsedMs / done) * (total - done))} left`;
      const line = `${Math.floor((100 * done) / total)} % · ${detail} · ${spanOf(elapsedMs)}${eta}`;
      stream.write(live ? `\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
      shown = true;
    },
    finish() {
      if (shown && live) stream.write('\r\x1b[2K');
    },
  };
}
