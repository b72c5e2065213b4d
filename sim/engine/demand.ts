/**
 * Traced demand: turns a recorded list of requests into arrivals in simulated time and hands them, slot by slot, to the
 * consumers of a population. Poisson demand is drawn by each consumer from its own stream (`view.ts`).
 */
import { assert } from '../base/assert.ts';
import type { Demand } from './scenario.ts';
import { MAX_ARRIVALS, type SharedRun } from './shared.ts';

export type TracedRequest = {
  /** Milliseconds from the first request of the trace. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
};
type TraceDemand = Extract<Demand, { kind: 'trace' }>;

/** A line of a trace file that cannot be read. `line` counts from 1. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly line: number;
  constructor(path: string, line: number, found: string, wanted: string) {
    super(`${path}:${line}:1 cannot read a traced request from "${found.slice(0, 80)}". Expected ${wanted}.`);
    this.line = line;
  }
}

/** Days from 0000-03-01 to 2023-01-01. A close origin leaves the fraction of a second its digits. */
const ORIGIN_DAYS = 738_826;

/** Milliseconds of an Azure timestamp such as 2023-11-16 18:15:46.6805900, counted from 2023-01-01 in days of 86 400 s. */
function parseAzureTime(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?$/.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction = '0'] = match;
  // Howard Hinnant's days-from-civil: exact for every Gregorian date, no clock involved.
  const y = Number(month) <= 2 ? Number(year) - 1 : Number(year);
  const dayOfYear = Math.floor((153 * ((Number(month) + 9) % 12) + 2) / 5) + Number(day) - 1;
  const days = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - ORIGIN_DAYS;
  return (
    ((days * 24 + Number(hour)) * 60 + Number(minute)) * 60_000 +
    Number(second) * 1_000 +
    Number(fraction.padEnd(7, '0')) / 10_000
  );
}

/** What a file holds where a number from 0 must be; NaN if it holds anything else. */
function readCount(found: unknown): number {
  if (typeof found === 'number') return found >= 0 ? found : Number.NaN;
  return typeof found === 'string' && /^\d+(\.\d+)?$/.test(found) ? Number(found) : Number.NaN;
}

/**
 * Reads a trace: Azure LLM 2023 CSV (TIMESTAMP, ContextTokens, GeneratedTokens) or Mooncake JSONL (timestamp in ms,
 * input_length, output_length).
 *
 * @param path  only for messages
 * @returns the requests in the order of the file, times from the first one
 * @throws TraceError naming file and line
 */
export function parseTrace(text: string, format: TraceDemand['format'], path: string): TracedRequest[] {
  const lines = text.split(/\r?\n/);
  const requests: TracedRequest[] = [];
  let startMs = 0;
  lines.forEach((line, index) => {
    if (line === '' || (format === 'azure-llm-2023' && index === 0 && line.startsWith('TIMESTAMP'))) return;
    let atMs: number;
    let inputTokens: number;
    let outputTokens: number;
    if (format === 'azure-llm-2023') {
      const fields = line.split(',');
      atMs = parseAzureTime(fields[0] ?? '');
      inputTokens = readCount(fields[1]);
      outputTokens = readCount(fields[2]);
    } else {
      let entry: { timestamp?: unknown; input_length?: unknown; output_length?: unknown } | null;
      try {
        entry = JSON.parse(line);
      } catch {
        throw new TraceError(path, index + 1, line, 'one JSON object per line');
      }
      atMs = readCount(entry?.timestamp);
      inputTokens = readCount(entry?.input_length);
      outputTokens = readCount(entry?.output_length);
    }
    if (!Number.isFinite(atMs + inputTokens + outputTokens)) {
      throw new TraceError(
        path,
        index + 1,
        line,
        format === 'azure-llm-2023'
          ? 'TIMESTAMP,ContextTokens,GeneratedTokens'
          : 'timestamp, input_length and output_length',
      );
    }
    if (requests.length === 0) startMs = atMs;
    if (atMs - startMs < (requests[requests.length - 1]?.atMs ?? 0)) {
      throw new TraceError(path, index + 1, line, 'a time that is not before the one of the line above');
    }
    requests.push({ atMs: atMs - startMs, inputTokens, outputTokens });
  });
  if (requests.length === 0) throw new TraceError(path, 1, lines[0]!, 'at least one request');
  return requests;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function meanAndVariance(values: readonly number[]): { mean: number; variance: number } {
  let sum = 0;
  for (const v of values) sum += v;
  const mean = sum / values.length;
  let squares = 0;
  for (const v of values) squares += (v - mean) * (v - mean);
  return { mean, variance: squares / values.length };
}

export type ArrivalStatistics = {
  readonly requestCount: number;
  readonly medianInputTokens: number;
  readonly medianOutputTokens: number;
  /** Standard deviation over mean of the times between arrivals of one pass of a trace. */
  readonly interArrivalCv: number;
  /** Variance over mean of the counts in windows of ten simulated seconds. */
  readonly dispersionIndex10s: number;
};

/** `play` numbers the passes of all traces: the arrivals of a play come one after the other. */
export type Arrival = {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly play: number;
};

export type TracedDemand = {
  /** Writes the arrivals of the slot for the population's consumers into shared memory. */
  enterSlot(slot: number): void;
  /** Statistics of the arrivals handed out so far. */
  statistics(): ArrivalStatistics | null;
};

/**
 * Statistics of arrivals in simulated time. The time between two plays is none of the trace's. Windows are counted from
 * the first arrival.
 *
 * @param arrivals those of one play in the order of time; arrivals of several plays may alternate
 */
export function arrivalStatistics(arrivals: readonly Arrival[]): ArrivalStatistics {
  const gaps: number[] = [];
  const beforeMsOf = new Map<number, number>();
  const windows = new Map<number, number>();
  const startMs = arrivals.reduce((earliest, { atMs }) => Math.min(earliest, atMs), Number.POSITIVE_INFINITY);
  let last = 0;
  for (const { atMs, play } of arrivals) {
    const beforeMs = beforeMsOf.get(play);
    if (beforeMs !== undefined) gaps.push(atMs - beforeMs);
    beforeMsOf.set(play, atMs);
    const window = Math.floor((atMs - startMs) / 10_000);
    windows.set(window, (windows.get(window) ?? 0) + 1);
    last = Math.max(last, window);
  }
  // The last window is cut short by the end of the trace and is left out, unless it is the only one.
  const counts = Array.from({ length: Math.max(1, last) }, (_, window) => windows.get(window) ?? 0);
  const gap = meanAndVariance(gaps);
  const count = meanAndVariance(counts);
  return {
    requestCount: arrivals.length,
    medianInputTokens: medianOf(arrivals.map((a) => a.inputTokens)),
    medianOutputTokens: medianOf(arrivals.map((a) => a.outputTokens)),
    interArrivalCv: squareRoot(gap.variance) / gap.mean,
    dispersionIndex10s: count.variance / count.mean,
  };
}

/** Newton's iteration on plain arithmetic, so that the figure is the same on every platform. */
function squareRoot(x: number): number {
  if (x <= 0) return 0;
  let r = Math.max(x, 1);
  for (let i = 0; i < 200; i++) {
    const next = (r + x / r) / 2;
    if (next >= r) return r;
    r = next;
  }
  return r;
}

/**
 * @param traces  requests of each traced population, by population number
 * @returns the demand of a run; consumers of a population take turns, in the order of arrival
 */
export function createTracedDemand(
  run: SharedRun,
  traces: ReadonlyMap<number, readonly TracedRequest[]>,
): TracedDemand {
  let playCount = 0;
  const plans = [...traces].map(([population, requests]) => {
    const demand = run.roster.populations[population]!.demand as TraceDemand;
    const consumers = run.roster.agents.filter((a) => a.population === population).map((a) => a.agent);
    const lastMs = requests[requests.length - 1]!.atMs;
    // A pass ends one mean gap after its last request, so that two passes do not collide.
    const passMs = lastMs + lastMs / Math.max(1, requests.length - 1);
    // A request of median length counts 1.0; work and fee scale with its tokens.
    const medianTokens = Math.max(1, medianOf(requests.map((r) => r.inputTokens + r.outputTokens)));
    const firstPlay = playCount;
    playCount += demand.repeatCount;
    const cursor = { nextPass: 0, nextIndex: 0, turn: 0 };
    return { population, demand, consumers, requests, passMs, medianTokens, firstPlay, ...cursor };
  });
  const issued: Arrival[] = [];
  return {
    enterSlot(slot) {
      const scales: number[][] = Array.from({ length: run.roster.agents.length }, () => []);
      let total = 0;
      for (const plan of plans) {
        // A trace starts when its population enters the network.
        const startMs = run.roster.populations[plan.population]!.entrySlot * run.slotS * 1_000;
        const untilMs = (slot + 1) * run.slotS * 1_000;
        while (plan.nextPass < plan.demand.repeatCount) {
          const request = plan.requests[plan.nextIndex]!;
          const atMs = startMs + ((plan.nextPass * plan.passMs + request.atMs) * 1_000) / plan.demand.speedupMil;
          if (atMs >= untilMs) break;
          const scaleMil = Math.min(
            1_000_000,
            Math.max(1, Math.round(((request.inputTokens + request.outputTokens) * 1_000) / plan.medianTokens)),
          );
          scales[plan.consumers[plan.turn % plan.consumers.length]!]!.push(scaleMil);
          issued.push({
            atMs,
            inputTokens: request.inputTokens,
            outputTokens: request.outputTokens,
            play: plan.firstPlay + plan.nextPass,
          });
          plan.turn += 1;
          total += 1;
          plan.nextIndex += 1;
          if (plan.nextIndex === plan.requests.length) {
            plan.nextIndex = 0;
            plan.nextPass += 1;
          }
        }
      }
      assert(
        total <= MAX_ARRIVALS,
        `Slot ${slot} has ${total} traced arrivals; at most ${MAX_ARRIVALS} fit. Lower speedup.`,
      );
      let at = 0;
      scales.forEach((list, agent) => {
        run.arrivalStarts[agent] = at;
        run.arrivalScales.set(list, at);
        at += list.length;
      });
      run.arrivalStarts[run.roster.agents.length] = at;
    },
    statistics: () => (issued.length < 2 ? null : arrivalStatistics(issued)),
  };
}
