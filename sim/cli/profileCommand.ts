/** `powr profile`: measures a device and writes what it measured. What is measured is decided in sim/inference. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Device, DeviceChoice } from '../inference/devices.ts';
import { measureProfile } from '../inference/measureProfile.ts';
import { profilePathOf } from '../inference/openInference.ts';
import { BATCHES, formatProfile, type InferenceProfile, withBandsOf } from '../inference/profile.ts';
import { DEFAULT_POOL_SAMPLES, DEFAULT_POOL_SEED, levels } from '../inference/textRecognition.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { EXIT } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';
import { type Align, alignCells } from './textTable.ts';

export type ProfileOptions = {
  readonly device: DeviceChoice;
  /** Default the profile that runs replay on this device. */
  readonly out?: string;
  readonly samples?: number;
  readonly poolSeed?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

/** What is worth reading of a profile: the columns of single answers are for replaying. */
const summaryOf = ({ variants, ...head }: InferenceProfile) => ({
  ...head,
  variants: variants.map(({ id, wuMflop, throughputPerS, divergence, levels: measured }) => ({
    id,
    wuMflop,
    throughputPerS: Object.fromEntries(BATCHES.map((batch, i) => [batch, throughputPerS[i]!])),
    divergence,
    levels: measured.map(({ meanCerBps, exactBps, latencyP50Us, latencyP95Us, latencyP99Us }, i) => ({
      level: levels[i]!.name,
      meanCerBps,
      exactBps,
      latencyP50Us,
      latencyP95Us,
      latencyP99Us,
    })),
  })),
});

function tableOf(profile: InferenceProfile): string {
  const measured = summaryOf(profile).variants;
  const ms = (us: number): string => `${(us / 1_000).toFixed(2)} ms`;
  const rows = measured.flatMap(({ id, levels: byLevel }) =>
    byLevel.map((m) => [
      ...[id, m.level, `${(m.meanCerBps / 100).toFixed(2)}%`, `${(m.exactBps / 100).toFixed(1)}%`],
      ...[m.latencyP50Us, m.latencyP95Us, m.latencyP99Us].map(ms),
    ]),
  );
  const head = ['variant', 'level', 'wrong characters', 'lines without error', 'p50', 'p95', 'p99'];
  const rates = measured.map(({ id, wuMflop, throughputPerS, divergence: { maxPpb, answerChangedCount } }) => [
    ...[id, String(wuMflop)],
    ...Object.values(throughputPerS).map((rate) => (rate === null ? '-' : String(rate))),
    ...[(maxPpb / 1e9).toExponential(1), String(answerChangedCount)],
  ]);
  const rateHead = [
    ...['variant', 'work units', ...BATCHES.map((batch) => `per s, batch ${batch}`)],
    ...['farthest from the cpu', 'answers changed'],
  ];
  const { scores: computed, reference } = profile.computeScores;
  const shareText = (efficiency: number | null): string =>
    efficiency !== null ? `${Math.round(100 * efficiency)}%` : reference.known ? 'unknown' : '-';
  const scores = computed.map(({ kind, size, unit, rate, efficiency, core }) => [
    ...[`${kind} ${size}`, `${rate.median} ${unit}`, core ? `${core.rate}` : '-', core ? `${core.peak}` : '-'],
    shareText(efficiency),
  ]);
  return [
    table(head, rows, 2),
    table(rateHead, rates, 1),
    table(['compute graph', 'rate', 'core rate', 'core peak, median round', 'of a core'], scores, 1),
  ].join('\n');
}

/** @param textColumns  on the left; numbers follow */
function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string {
  const sides = head.map((_, i): Align => (i < textColumns ? 'left' : 'right'));
  return alignCells([head, ...rows], sides)
    .map((row) => `${row.join('  ')}\n`)
    .join('');
}

/** @throws InferenceError when the device does not work or fails on the way; StoreError when the file cannot be written */
export async function profileCommand(options: ProfileOptions, builtDir: string): Promise<number> {
  const { out } = options;
  // Now, not after an hour of measuring.
  if (out !== undefined) {
    await access(dirname(resolve(out)), constants.W_OK).catch((error: unknown) => {
      throw storeErrorOf(error, out);
    });
  }
  const progress = createProgress(process.stderr, options.quiet === true);
  const say = (device: Device): void => {
    if (options.quiet === true) return;
    const note = device.isSoftware ? ', in software: right answers, meaningless speed' : '';
    process.stderr.write(`Measuring ${device.class}: ${device.name}, ${device.runtime}${note}\n`);
  };
  let profile: InferenceProfile;
  try {
    profile = await measureProfile({
      root: repoRoot(),
      builtDir,
      device: options.device,
      poolSeed: options.poolSeed ?? DEFAULT_POOL_SEED,
      poolSamples: options.samples ?? DEFAULT_POOL_SAMPLES,
      measuredOn: new Date().toISOString().slice(0, 10),
      onDevice: say,
      onProgress: (done, total) => progress.update(done, total, `${done} of ${total} inferences`),
    });
  } catch (cause) {
    throw new InferenceError((cause as Error).message, { cause });
  } finally {
    progress.finish();
  }
  const file = out ?? join(repoRoot(), profilePathOf(profile.device.class));
  await replaceFile(file, formatProfile(withBandsOf(profile, file)));
  if (options.json === true) process.stdout.write(`${JSON.stringify({ file, ...summaryOf(profile) }, null, 2)}\n`);
  else {
    const { device, runtime, poolSeed, poolSamples } = profile;
    process.stdout.write(
      `${device.class}: ${device.name}, ${runtime}; pool ${poolSeed}, ${poolSamples} samples per difficulty\n` +
        `${tableOf(profile)}Written to ${file}\n`,
    );
  }
  return EXIT.ok;
}
