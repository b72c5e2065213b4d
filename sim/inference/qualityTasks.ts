/**
 * The tasks on which models are compared: for each a generator of samples with exact truth, how an execution is judged,
 * and who competes. Decides neither how many samples there are nor what a comparison means.
 */
import { checkDocument, DOCUMENT_TASK_ID, generateDocument } from './documentCheck.ts';
import { editOnnx, type Operation } from './editOnnx.ts';
import { sha256Hex } from './hash.ts';
import { createLoadRequest, createModelRequest } from './loadRequest.ts';
import { getModel, readModelFile } from './models.ts';
import { generateOrientation, ORIENTATION_TASK_ID } from './orientation.ts';
import type { Scored } from './pairedStatistics.ts';
import type { DeviceId, Inference, LoadRequest } from './runnerMessages.ts';
import { keyOf, type SampleRange } from './sampleKey.ts';
import { computeQualityBps } from './score.ts';
import type { HashedSample } from './taskSets.ts';
import { generateLine, TASK_ID } from './textRecognition.ts';
import { variants } from './variants.ts';
import { generateVoiceClip, VOICE_TASK_ID } from './voiceActivity.ts';

export const QUALITY_TASKS = ['text', 'document', 'orientation', 'voice'] as const;
export type QualityTaskId = (typeof QUALITY_TASKS)[number];

/** A mean over samples, or the area under the receiver operating characteristic over their observations. */
export type Metric = {
  readonly id: string;
  readonly title: string;
  readonly kind: 'mean' | 'auc';
  readonly isHigherBetter: boolean;
};

/** What an execution was worth. */
export type Judged = {
  /** By id of a metric that is a mean. */
  readonly values: Readonly<Record<string, number>>;
  /** For the area, if the task has it. */
  readonly observations: readonly Scored[];
};

export type QualitySample = HashedSample & {
  /** @param classes  of a recogniser; else none */
  judge(given: Inference, classes: readonly string[]): Judged;
};

export type Competitor = {
  readonly id: string;
  /** @param modelDir  for built models */
  createRequest(root: string, modelDir: string, device: DeviceId): LoadRequest;
};

export type QualityTask = {
  readonly id: QualityTaskId;
  /** Changes whenever the same seed gives other samples. */
  readonly version: string;
  readonly title: string;
  /** The first decides who is better. */
  readonly metrics: readonly Metric[];
  readonly wantsLogits: boolean;
  /** The first is the base that the others are compared with. */
  readonly competitors: readonly Competitor[];
  generate(root: string, range: SampleRange, seed: number, index: number, difficulty: number): QualitySample;
};

const readers: readonly Competitor[] = variants.map((variant) => ({
  id: variant.id,
  createRequest: (root, modelDir, device) => createLoadRequest(root, modelDir, variant, device),
}));

/** A model of the registry as it is, and with weights that were rounded to ever fewer bits. */
function damaged(modelId: string): Competitor[] {
  const edits: readonly (readonly [string, Operation])[] = [4, 3, 2].map((bits) => [
    `${modelId}-m${bits}`,
    { kind: 'mantissaBits', bits },
  ]);
  return [
    { id: modelId, createRequest: (root, _, device) => createModelRequest(root, modelId, device) },
    ...edits.map(
      ([id, operation]): Competitor => ({
        id,
        createRequest(root, _, device) {
          const file = editOnnx(readModelFile(root, getModel(modelId)), [operation]);
          return { ...createModelRequest(root, modelId, device), file, sha256: sha256Hex(file) };
        },
      }),
    ),
  ];
}

const mean = (id: string, title: string, isHigherBetter: boolean): Metric => ({
  ...{ id, title, kind: 'mean', isHigherBetter },
});
const auc: Metric = { id: 'auc', title: 'AUC', kind: 'auc', isHigherBetter: true };
const brier = mean('brier', 'Brier score', false);

const squared = (value: number): number => value * value;

export const qualityTasks: readonly QualityTask[] = [
  {
    id: 'text',
    version: TASK_ID,
    title: 'Reading a printed line',
    metrics: [mean('cer', 'character error rate', false), mean('exact', 'lines without error', true)],
    wantsLogits: false,
    competitors: readers,
    generate(root, range, seed, index, difficulty) {
      const { grey, truth } = generateLine(root, keyOf(TASK_ID, range, seed, index), difficulty);
      return {
        input: grey,
        truth,
        judge({ text }) {
          const cer = 1 - computeQualityBps(truth, text) / 10_000;
          return { values: { cer, exact: text === truth ? 1 : 0 }, observations: [] };
        },
      };
    },
  },
  {
    id: 'document',
    version: DOCUMENT_TASK_ID,
    title: 'Finding a changed character',
    metrics: [
      auc,
      mean('correct', 'right verdicts', true),
      mean('wrong', 'wrong verdicts', false),
      mean('inconclusive', 'inconclusive', false),
      brier,
    ],
    wantsLogits: true,
    competitors: readers,
    generate(root, range, seed, index, difficulty) {
      const { grey, truth, claim, isManipulated } = generateDocument(root, range, seed, index, difficulty);
      return {
        input: grey,
        truth: `${truth}\t${claim}`,
        judge({ logits }, classes) {
          if (!logits) throw new Error('A document check needs the logits');
          const { score, probability, result } = checkDocument(logits, classes, claim);
          const isInconclusive = result.verdict === 'Inconclusive';
          const isCorrect = result.verdict === (isManipulated ? 'Manipulated' : 'Authentic');
          return {
            values: {
              correct: isCorrect ? 1 : 0,
              wrong: isCorrect || isInconclusive ? 0 : 1,
              inconclusive: isInconclusive ? 1 : 0,
              brier: squared(probability - (isManipulated ? 1 : 0)),
            },
            observations: [{ score, isPositive: isManipulated }],
          };
        },
      };
    },
  },
  {
    id: 'orientation',
    version: ORIENTATION_TASK_ID,
    title: 'Telling lines that are upside down',
    metrics: [auc, mean('accuracy', 'right answers', true), brier],
    wantsLogits: false,
    competitors: damaged('orientation'),
    generate(root, range, seed, index, difficulty) {
      const { grey, isTurned } = generateOrientation(root, range, seed, index, difficulty);
      return {
        input: grey,
        truth: isTurned ? 'turned' : 'upright',
        judge({ scores: [, probability] }) {
          if (probability === undefined) throw new Error('An orientation needs two probabilities');
          return {
            values: {
              accuracy: probability > 0.5 === isTurned ? 1 : 0,
              brier: squared(probability - (isTurned ? 1 : 0)),
            },
            observations: [{ score: probability, isPositive: isTurned }],
          };
        },
      };
    },
  },
  {
    id: 'voice',
    version: VOICE_TASK_ID,
    title: 'Hearing speech in noise, frame by frame',
    metrics: [auc, mean('accuracy', 'right frames', true), brier],
    wantsLogits: false,
    competitors: damaged('voice'),
    generate(_, range, seed, index, difficulty) {
      const { pcm, isSpeech } = generateVoiceClip(range, seed, index, difficulty);
      return {
        input: pcm,
        truth: isSpeech.map((speech) => (speech ? '1' : '0')).join(''),
        judge({ scores }) {
          if (scores.length !== isSpeech.length)
            throw new Error(`${scores.length} probabilities for ${isSpeech.length} frames`);
          const share = (count: (speech: boolean, probability: number) => number): number =>
            isSpeech.reduce((sum, speech, frame) => sum + count(speech, scores[frame]!), 0) / isSpeech.length;
          return {
            values: {
              accuracy: share((speech, probability) => (probability > 0.5 === speech ? 1 : 0)),
              brier: share((speech, probability) => squared(probability - (speech ? 1 : 0))),
            },
            observations: isSpeech.map((isPositive, frame) => ({ score: scores[frame]!, isPositive })),
          };
        },
      };
    },
  },
];

export const getQualityTask = (id: QualityTaskId): QualityTask => qualityTasks.find((task) => task.id === id)!;
