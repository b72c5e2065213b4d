/**
 * `powr calibrate`: measures how far honest executions lie apart and how near cheats come, and writes the bands that
 * follow into a device's profile. What is tried and what follows is decided in sim/inference.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bands, Precision } from '../engine/inferencePort.ts';
import {
  deriveCalibration,
  describeLoss,
  findGap,
  findOwnLack,
  PRECISIONS,
  type Quartet,
  type Series,
  summariseSeries,
  type Tally,
  tallyVerdicts,
} from '../inference/calibrate.ts';
import { chooseDevice, type DeviceChoice } from '../inference/devices.ts';
import { CALIBRATED_MODELS, type CalibratedModel, measureDivergence } from '../inference/measureDivergence.ts';
import { profilePathOf } from '../inference/openInference.ts';
import { type Exclusion, formatProfile, type InferenceProfile, readProfile } from '../inference/profile.ts';
import { deriveBands } from '../inference/sketch.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile } from '../store/writeFile.ts';
import { type Align, alignCells } from './alignCells.ts';
import { bandsOf } from './calibratedBands.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';

export type CalibrateOptions = {
  readonly device: DeviceChoice;
  /** Comma-separated. */
  readonly models?: string;
  readonly samples?: number;
  readonly wasm?: number;
  readonly software?: number;
  readonly seed?: number;
  readonly runners?: number;
  /** Profile to write the bands into; default the device's, if there is one. */
  readonly out?: string;
  /** Writes the bands also where they replace those of a larger calibration. */
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

/** About a minute on two cores. */
const DEFAULT_SAMPLES = 40;
const DEFAULT_WASM = 8;
const DEFAULT_SOFTWARE = 1;
const DEFAULT_SEED = 1;

const STAND_IN_NOTE =
  'In class reduced, weights of 10 bits of mantissa stand in for devices that compute with so many: none was measured.\n' +
  'There fp16 and mantissas of more than 5 bits cannot be told from honest work, and count as neither.\n';

/**
 * What was measured is printed in any case.
 *
 * @throws UsageError for a model that is not there, and where a larger calibration would be replaced; InferenceError when a device or the
 * calibration fails, or nothing honest could be executed on the device itself; StoreError
 */
export async function calibrateCommand(options: CalibrateOptions, builtDir: string): Promise<number> {
  const root = repoRoot();
  const models = readModels(options.models);
  const progress = createProgress(process.stderr, options.quiet === true);
  const measuredOn = new Date().toISOString().slice(0, 10);
  try {
    const device = await chooseDevice(options.device, { builtDir, root });
    const file = options.out ?? join(root, profilePathOf(device.class));
    // Now, not after an hour of measuring.
    const profile = existsSync(file) ? readProfile(file) : undefined;
    if (profile === undefined && options.out !== undefined)
      throw new Error(`There is no profile ${file} to write bands into: \`powr profile\` makes one`);
    const { series, exclusions } = await measureDivergence({
      ...{ root, builtDir, models },
      sampleCount: options.samples ?? DEFAULT_SAMPLES,
      wasmCount: options.wasm ?? DEFAULT_WASM,
      softwareCount: options.software ?? DEFAULT_SOFTWARE,
      seed: options.seed ?? DEFAULT_SEED,
      ...(options.runners === undefined ? {} : { workers: options.runners }),
      onProgress: (done, total, what) => progress.update(done, total, what),
    });
    progress.finish();
    const lack = findOwnLack(series, exclusions, device.class);
    if (lack !== undefined) throw new Error(`There are no bands for ${device.class}: ${lack}`);
    const fallback = bandsOf({ params: {} });
    let derived: ReturnType<typeof deriveCalibration>;
    try {
      derived = deriveCalibration(series, { measuredOn, exclusions, fallback });
    } catch (cause) {
      // Without a gap there are no bands, but what was measured says where it closes.
      process.stdout.write(`${textOf(viewOf(series, fallback))}${exclusions.map(exclusionText).join('')}`);
      throw cause;
    }
    const view = viewOf(series, derived.bands);
    if (options.json === true)
      process.stdout.write(`${JSON.stringify({ ...view, ...derived, device: device.class }, null, 2)}\n`);
    else process.stdout.write(`${textOf(view)}${exclusions.map(exclusionText).join('')}`);
    const loss = profile && describeLoss(profile.calibration, derived.calibration);
    if (loss !== undefined && options.force !== true)
      throw new UsageError(
        `Not written: ${file} has bands of a larger calibration (this one: ${loss}). ` +
          '--force replaces them all the same; --out writes into another profile',
      );
    const written = profile && (await writeInto(profile, file, derived));
    if (options.json !== true) process.stdout.write(written ?? `Not written: there is no ${file}\n`);
    return EXIT.ok;
  } catch (cause) {
    if (cause instanceof UsageError || (cause as Error).name === 'StoreError') throw cause;
    throw new InferenceError((cause as Error).message, { cause });
  } finally {
    progress.finish();
  }
}

function readModels(text: string | undefined): readonly CalibratedModel[] {
  if (text === undefined) return CALIBRATED_MODELS;
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !(CALIBRATED_MODELS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`No model "${unknown}"; there are ${CALIBRATED_MODELS.join(', ')}`);
  return names as CalibratedModel[];
}

async function writeInto(
  profile: InferenceProfile,
  file: string,
  derived: Pick<InferenceProfile, 'bands' | 'calibration'>,
): Promise<string> {
  await replaceFile(file, formatProfile({ ...profile, ...derived }));
  return `Written to ${file}\n`;
}

type ClassView = {
  readonly precision: Precision;
  /** A model's name, or all. */
  readonly model: string;
  readonly honestMaxPpb: number;
  readonly cheatMinPpb: number;
  /** Of this row alone; undefined without a gap. */
  readonly derived: Bands | undefined;
  readonly bands: Bands;
  readonly atDerived: Tally;
  readonly defaults: Bands;
  readonly atDefaults: Tally;
};

type View = { readonly series: readonly ReturnType<typeof summariseSeries>[]; readonly classes: readonly ClassView[] };

/** @param bands  derived from all models, which is what a validator has */
function viewOf(series: readonly Series[], bands: Readonly<Record<Precision, Bands>>): View {
  const defaults = bandsOf({ params: {} });
  const models = [...new Set(series.map(({ model }) => model))];
  const classes = PRECISIONS.flatMap((precision) =>
    [...models, 'all'].flatMap((model): ClassView[] => {
      const own = model === 'all' ? series : series.filter((one) => one.model === model);
      const gap = findGap(own, precision);
      if (!gap) return [];
      return [
        {
          ...{ precision, model, ...gap, bands: bands[precision], defaults: defaults[precision] },
          derived: deriveBands(gap.honestMaxPpb, gap.cheatMinPpb),
          atDerived: tallyVerdicts(own, precision, bands[precision]),
          atDefaults: tallyVerdicts(own, precision, defaults[precision]),
        },
      ];
    }),
  );
  return { series: series.map(summariseSeries), classes };
}

const ratio = (ppb: number): string => (ppb === 0 ? '0' : (ppb / 1e9).toExponential(1));
const spread = ({ minPpb, p50Ppb, maxPpb }: Quartet): string[] => [minPpb, p50Ppb, maxPpb].map(ratio);

function textOf({ series, classes }: View): string {
  const head = ['model', 'place', 'executed', 'fp32', 'reduced', 'samples'];
  const columns = ['logits min', 'p50', 'max', 'sketches min', 'p50', 'max', 'answers changed'];
  const rows = series.map((one) => [
    ...[one.model, one.place, one.configuration, one.standing.fp32 ?? '-', one.standing.reduced ?? '-'],
    ...[String(one.sampleCount), ...spread(one.logits), ...spread(one.sketches), String(one.answerChangedCount)],
  ]);
  const classHead = ['class', 'model', 'honest max', 'cheat min', 'gap', 'own accept', 'own reject'];
  const tallyHead = (title: string) => [
    ...[`at ${title}: honest suspected`, 'refused', 'cheats suspected', 'accepted'],
  ];
  const classRows = classes.map((row) => [
    ...[row.precision, row.model, ratio(row.honestMaxPpb), ratio(row.cheatMinPpb)],
    `${(row.cheatMinPpb / Math.max(1, row.honestMaxPpb)).toFixed(1)}x`,
    ...(row.derived ? [row.derived.acceptPpb, row.derived.rejectPpb].map(ratio) : ['none', 'none']),
    ...[row.atDerived, row.atDefaults].flatMap(({ honest, cheat }) =>
      [honest.suspect, honest.reject, cheat.suspect, cheat.accept].map(String),
    ),
  ]);
  const bandLines = classes
    .filter(({ model }) => model === 'all')
    .map(({ precision, bands, defaults }) => {
      const text = ({ acceptPpb, rejectPpb }: Bands) =>
        `accept to ${ratio(acceptPpb)}, reject beyond ${ratio(rejectPpb)}`;
      return `Bands of class ${precision}: ${text(bands)}; the protocol's defaults: ${text(defaults)}\n`;
    });
  return [
    table([...head, ...columns], rows, 5),
    table([...classHead, ...tallyHead('these bands'), ...tallyHead('defaults')], classRows, 2),
    `${bandLines.join('')}${STAND_IN_NOTE}`,
  ].join('\n');
}

/** @param textColumns  on the left; numbers follow */
function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string {
  const sides = head.map((_, i): Align => (i < textColumns ? 'left' : 'right'));
  return alignCells([head, ...rows], sides)
    .map((row) => `${row.join('  ')}\n`)
    .join('');
}

const exclusionText = ({ model, place, reason }: Exclusion): string =>
  `Does not count: ${model === null ? place : `${model} on ${place}`}: ${reason}\n`;
