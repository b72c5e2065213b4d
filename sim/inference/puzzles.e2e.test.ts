import { afterAll, describe, expect, it } from 'vitest';
import { chooseDevice } from './devices.ts';
import { createPuzzleRequest } from './loadRequest.ts';
import { computeOutputId } from './outputId.ts';
import { evaluatePuzzle } from './puzzleReference.ts';
import { buildPuzzle, createPuzzleInput, type Puzzle, puzzles } from './puzzles.ts';
import type { DeviceId } from './runnerMessages.ts';
import { createRunnerPool } from './runnerPool.ts';
import { type RunnerProcess, startRunner } from './runnerProcess.ts';
import { getBuiltDir, root } from './testSupport.ts';

const SEED = 11;
const runners: RunnerProcess[] = [];
afterAll(async () => {
  await Promise.all(runners.map((runner) => runner.stop(5_000)));
});

function start(env?: NodeJS.ProcessEnv): RunnerProcess {
  const runner = startRunner({ builtDir: getBuiltDir(), ...(env ? { env } : {}) });
  runners.push(runner);
  return runner;
}

/** Every node on the device: a graph that it cannot run fails. */
async function answerOf(runner: RunnerProcess, device: DeviceId, puzzle: Puzzle, level: number): Promise<Float32Array> {
  const x = Float32Array.from(createPuzzleInput(puzzle, level, SEED, level));
  const { inputDims: dims } = puzzle.levels[level]!;
  const reply = await runner.ask({ kind: 'probe', device, model: buildPuzzle(puzzle, level), x, dims }, 120_000);
  if (reply.kind !== 'probed') throw new Error(reply.kind);
  return reply.y;
}

function expectedOf(puzzle: Puzzle, level: number): readonly number[] {
  const input = createPuzzleInput(puzzle, level, SEED, level);
  return [...evaluatePuzzle(puzzle.graph, puzzle.levels[level]!.rows, input).y];
}

describe('a puzzle on the cpu', () => {
  const runner = start();
  const streaming = puzzles.find(({ graph }) => graph === 'streaming')!;
  const cases = [
    ...puzzles.map((puzzle) => [puzzle.id, 0, puzzle] as const),
    ...[1, 2].map((level) => [streaming.id, level, streaming] as const),
  ];

  it.each(cases)('given %s of level %d > gives what whole numbers give, to the last bit', async (_, level, puzzle) => {
    expect([...(await answerOf(runner, 'cpu', puzzle, level))]).toEqual(expectedOf(puzzle, level));
  });

  it.each(puzzles.map((puzzle) => [puzzle.id, puzzle] as const))(
    'given %s of the largest size > gives the same twice',
    async (_, puzzle) => {
      const [first, second] = [await answerOf(runner, 'cpu', puzzle, 2), await answerOf(runner, 'cpu', puzzle, 2)];
      expect(first).toEqual(second);
    },
  );
});

describe('a puzzle in the pool of runners', () => {
  const pool = createRunnerPool({ builtDir: getBuiltDir(), workers: 1, timeLimitMs: 60_000 });
  afterAll(() => pool.close());

  it.each(puzzles.map((puzzle) => [puzzle.id, puzzle] as const))(
    'given %s > is named by what whole numbers give',
    async (_, puzzle) => {
      const request = createPuzzleRequest(buildPuzzle(puzzle, 0), puzzle.levels[0]!.inputDims, 'cpu');
      expect(request.sha256).toBe(puzzle.levels[0]!.sha256);
      const input = createPuzzleInput(puzzle, 0, SEED, 0);
      const { outputId } = await pool.infer(request, new Uint8Array(input.buffer));
      expect(outputId).toBe(computeOutputId(Float32Array.from(expectedOf(puzzle, 0))));
    },
  );
});

const webgpu = await chooseDevice('webgpu', { builtDir: getBuiltDir(), root }).catch((error: Error) => error);

describe('a puzzle on webgpu', () => {
  if (webgpu instanceof Error) {
    it.skip(`is not tried here: ${webgpu.message.split('\n')[0]}`, () => {});
    return;
  }
  const runner = start(webgpu.env);
  it.each(puzzles.map((puzzle) => [puzzle.id, puzzle] as const))(
    'given %s of the smallest size > gives what whole numbers give, to the last bit',
    async (_, puzzle) => {
      expect([...(await answerOf(runner, 'webgpu', puzzle, 0))]).toEqual(expectedOf(puzzle, 0));
    },
    120_000,
  );
});
