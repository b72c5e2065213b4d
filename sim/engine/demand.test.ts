import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openReplay, smallScenario } from '../cli/testRun.ts';
import { repoRoot } from '../store/paths.ts';
import {
  type Arrival,
  arrivalStatistics,
  createTracedDemand,
  parseTrace,
  type TracedRequest,
  TraceError,
} from './demand.ts';
import type { Demand } from './scenario.ts';
import type { SharedRun } from './shared.ts';
import { createTestWorld } from './testWorld.ts';

const AZURE = 'azure-llm-2023';
const CONVERSATIONS = join(repoRoot(), '..', 'shared', 'data', 'azure_llm_2023', 'AzureLLMInferenceTrace_conv.csv');

/** The message of what parsing throws. */
function refusalOf(text: string, format: 'azure-llm-2023' | 'mooncake'): string {
  try {
    parseTrace(text, format, 'demand.csv');
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    return (error as Error).message;
  }
  return 'nothing is thrown';
}

describe('parseTrace > Azure CSV', () => {
  it('gives requests in the order of the file, with times from the first one', () => {
    const text =
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n';
    const requests = parseTrace(text, AZURE, 'a.csv');
    expect(requests.map((r) => [r.inputTokens, r.outputTokens])).toEqual([
      [374, 44],
      [396, 109],
    ]);
    expect(requests[0]!.atMs).toBe(0);
    expect(requests[1]!.atMs).toBeCloseTo(4_314.579, 3);
  });

  it.each([
    ['the end of February in a leap year', '2024-02-28 23:59:59.5', '2024-03-01 00:00:00.5', (86_400 + 1) * 1_000],
    ['the end of February in another year', '2023-02-28 23:59:59.5', '2023-03-01 00:00:00.5', 1_000],
    ['the end of a year', '2023-12-31 23:59:59', '2024-01-01 00:00:00', 1_000],
    ['years before the origin', '2022-12-31 23:00:00', '2023-01-01 01:00:00', 7_200_000],
  ])('given a trace across %s > counts the days that there were', (_, first, second, gapMs) => {
    const requests = parseTrace(`${first},1,1\n${second},1,1`, AZURE, 'a.csv');
    expect(requests[1]!.atMs).toBe(gapMs);
  });

  it.each([
    ['no time', 'yesterday,1,2'],
    ['a missing length', '2023-11-16 18:15:46,1'],
    ['an empty length', '2023-11-16 18:15:46,,2'],
    ['a negative length', '2023-11-16 18:15:46,1,-2'],
    ['a length that is no number', '2023-11-16 18:15:46,1,Infinity'],
    ['a heading below the first line', 'TIMESTAMP,ContextTokens,GeneratedTokens'],
  ])('given %s > names file, line and what it found', (_, line) => {
    expect(refusalOf(`2023-11-16 18:15:45,1,2\n\n${line}\n`, AZURE)).toBe(
      `demand.csv:3:1 cannot read a traced request from "${line}". Expected TIMESTAMP,ContextTokens,GeneratedTokens.`,
    );
  });

  it('given a time before that of the line above > names the line', () => {
    const text = '2023-11-16 18:15:46,1,2\n2023-11-16 18:15:45,1,2';
    expect(refusalOf(text, AZURE)).toMatch(
      /^demand\.csv:2:1 .*Expected a time that is not before the one of the line above/,
    );
  });

  it('given no request at all > says so', () => {
    expect(refusalOf('TIMESTAMP,ContextTokens,GeneratedTokens\n', AZURE)).toMatch(
      /^demand\.csv:1:1 .*at least one request/,
    );
    expect(refusalOf('', 'mooncake')).toMatch(/^demand\.csv:1:1 .*at least one request/);
  });

  it('given a line without end > shows its beginning', () => {
    expect(refusalOf('x'.repeat(1_000_000), AZURE).length).toBeLessThan(200);
  });
});

describe('parseTrace > Mooncake JSONL', () => {
  it('gives requests with times from the first one', () => {
    const text =
      '{"timestamp": 500, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}\n{"timestamp": 3500, "input_length": 7322, "output_length": 490}\n';
    expect(parseTrace(text, 'mooncake', 'm.jsonl')).toEqual([
      { atMs: 0, inputTokens: 6758, outputTokens: 500 },
      { atMs: 3000, inputTokens: 7322, outputTokens: 490 },
    ]);
  });

  it.each([
    ['no JSON', '{"timestamp": 1', 'one JSON object per line'],
    ['null', 'null', 'timestamp, input_length and output_length'],
    ['a list', '[1, 2, 3]', 'timestamp, input_length and output_length'],
    ['a missing length', '{"timestamp": 1, "input_length": 2}', 'timestamp, input_length and output_length'],
    [
      'null for a length',
      '{"timestamp": 1, "input_length": 2, "output_length": null}',
      'timestamp, input_length and output_length',
    ],
    [
      'an endless length',
      '{"timestamp": 1, "input_length": 2, "output_length": 1e999}',
      'timestamp, input_length and output_length',
    ],
  ])('given %s > names file, line and what is wanted', (_, line, wanted) => {
    const first = '{"timestamp": 0, "input_length": 1, "output_length": 1}';
    expect(refusalOf(`${first}\n${line}`, 'mooncake')).toBe(
      `demand.csv:2:1 cannot read a traced request from "${line}". Expected ${wanted}.`,
    );
  });
});

describe('arrivalStatistics', () => {
  const at = (atMs: number, play = 0): Arrival => ({ atMs, inputTokens: 10, outputTokens: 1, play });

  it('given arrivals at equal distances > finds no variation', () => {
    const found = arrivalStatistics(Array.from({ length: 41 }, (_, i) => at(i * 1_000)));
    expect(found).toEqual({
      requestCount: 41,
      medianInputTokens: 10,
      medianOutputTokens: 1,
      interArrivalCv: 0,
      dispersionIndex10s: 0,
    });
  });

  it('given gaps of 1 s and 3 s in turn > the coefficient of variation is 1/2', () => {
    const times = [0, 1, 4, 5, 8, 9, 12];
    expect(arrivalStatistics(times.map((s) => at(s * 1_000))).interArrivalCv).toBe(0.5);
  });

  it('given windows of 1 and 3 arrivals > the index of dispersion is variance over mean, without the last, cut window', () => {
    // Windows from the first arrival, at 7 s: 1, 3, 1, 3 and the rest. Mean 2, variance 1.
    const times = [7, 17, 18, 19, 27, 37, 38, 39, 47];
    expect(arrivalStatistics(times.map((s) => at(s * 1_000))).dispersionIndex10s).toBe(0.5);
  });

  it('given two plays whose arrivals alternate > measures times within each play only', () => {
    const alternating = [at(0, 0), at(100, 1), at(1_000, 0), at(1_100, 1), at(2_000, 0), at(2_100, 1)];
    expect(arrivalStatistics(alternating).interArrivalCv).toBe(0);
  });
});

describe('createTracedDemand', () => {
  const inference = openReplay(60);
  type Options = {
    readonly repeatCount?: number;
    readonly speedupMil?: number;
    readonly consumers?: number;
    readonly entrySlot?: number;
  };

  async function issue(
    trace: readonly TracedRequest[],
    { repeatCount = 1, speedupMil = 1_000, consumers = 3, entrySlot = 0 }: Options = {},
  ) {
    const demand: Demand = { kind: 'trace', format: AZURE, path: 'a.csv', repeatCount, speedupMil };
    const scenario = smallScenario(
      [
        { role: 'creator', strategy: 'steady', count: 1 },
        { role: 'consumer', strategy: 'honest', count: consumers, demand, entrySlot },
        { role: 'consumer', strategy: 'honest', count: 2 },
      ],
      { eras: 2 },
    );
    const { shared } = createTestWorld(scenario, await inference);
    const traced = createTracedDemand(shared, new Map([[1, trace]]));
    const slots = Array.from({ length: 48 }, (_, slot) => {
      traced.enterSlot(slot);
      return handedOut(shared);
    });
    return { slots, traced };
  }

  /** Scales handed out in the present slot, by agent. */
  const handedOut = (run: SharedRun): number[][] =>
    run.roster.agents.map(({ agent }) =>
      Array.from(run.arrivalScales.subarray(run.arrivalStarts[agent]!, run.arrivalStarts[agent + 1]!)),
    );

  /** Requests at the given minutes; the k-th has k + 1 tokens, so that it is known again. */
  const traceAt = (minutes: readonly number[]): TracedRequest[] =>
    minutes.map((minute, k) => ({ atMs: minute * 60_000, inputTokens: k, outputTokens: 1 }));

  it('hands every request out once, in the slot of its time, to the consumers of its population in turn', async () => {
    const { slots } = await issue(traceAt([0, 10, 59, 60, 150, 179, 180]));
    // The median has 4 tokens: the k-th request counts (k + 1) / 4.
    expect(slots.slice(0, 5)).toEqual([
      [[], [250], [500], [750], [], []],
      [[], [1_000], [], [], [], []],
      [[], [], [1_250], [1_500], [], []],
      [[], [1_750], [], [], [], []],
      [[], [], [], [], [], []],
    ]);
    expect(slots.slice(4).flat(2)).toEqual([]);
  });

  it('given a request without length > it counts a thousandth', async () => {
    const { slots } = await issue([
      { atMs: 0, inputTokens: 0, outputTokens: 0 },
      { atMs: 1, inputTokens: 100, outputTokens: 0 },
      { atMs: 2, inputTokens: 100, outputTokens: 0 },
    ]);
    expect(slots[0]![1]).toEqual([1]);
  });

  it('given a speed-up of two > plays twice as fast, with the same lengths', async () => {
    const { slots } = await issue(traceAt([0, 90, 150]), { speedupMil: 2_000, consumers: 1 });
    expect(slots.slice(0, 3).map((slot) => slot[1])).toEqual([[500, 1_000], [1_500], []]);
  });

  it('given repetitions > plays each pass one mean gap after the last request of the pass before', async () => {
    const { slots } = await issue(traceAt([0, 60, 120]), { repeatCount: 3, consumers: 1 });
    expect(slots.slice(0, 10).map((slot) => slot[1]!.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it('given consumers that enter later > the trace starts with them', async () => {
    const { slots } = await issue(traceAt([0, 60]), { entrySlot: 24, consumers: 1 });
    expect(slots.map((slot) => slot[1]!.length)).toEqual(slots.map((_, i) => (i === 24 || i === 25 ? 1 : 0)));
  });

  it('before two arrivals > has no statistics', async () => {
    const { traced } = await issue(traceAt([0]));
    expect(traced.statistics()).toBeNull();
  });

  const recorded = existsSync(CONVERSATIONS) ? readFileSync(CONVERSATIONS, 'utf8') : null;
  describe.skipIf(recorded === null)(
    `given the recorded conversations (${recorded === null ? 'absent: skipped' : 'Azure 2023'})`,
    () => {
      it('issues 19,366 requests a pass, with the medians, the variation and the dispersion that were recorded', async () => {
        const trace = parseTrace(recorded ?? '', AZURE, CONVERSATIONS);
        expect(trace).toHaveLength(19_366);
        const { traced, slots } = await issue(trace, { consumers: 7 });
        const found = traced.statistics()!;
        expect(found.requestCount).toBe(19_366);
        expect(found.medianInputTokens).toBe(1_020);
        expect(found.medianOutputTokens).toBe(129);
        expect(found.interArrivalCv.toFixed(3)).toBe('1.094');
        expect(found.dispersionIndex10s.toFixed(2)).toBe('3.86');
        const counts = slots[0]!.map((scales) => scales.length);
        expect(counts).toEqual([0, 2_767, 2_767, 2_767, 2_767, 2_766, 2_766, 2_766, 0, 0]);
      });

      it('given three passes > issues each as recorded, and no time between passes counts', async () => {
        const trace = parseTrace(recorded ?? '', AZURE, CONVERSATIONS);
        const { traced } = await issue(trace, { repeatCount: 3 });
        const found = traced.statistics()!;
        expect(found.requestCount).toBe(3 * 19_366);
        expect(found.interArrivalCv.toFixed(3)).toBe('1.094');
      });
    },
  );
});
