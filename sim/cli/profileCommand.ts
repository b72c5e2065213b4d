/** `powr profile`: measures a device and writes what it measured. What is measured is decided in sim/inference. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Device, DeviceChoice } from '../inference/devices.ts';
import { measureProfile } from '../inference/measureProfile.ts';
import { formatProfile, type InferenceProfile } from '../inference/profile.ts';
import { DEFAULT_POOL_SAMPLES, DEFAULT_POOL_SEED, levels } from '../inference/textRecognition.ts';
import { repoRoot } from '../store/paths.ts';
import { replaceFile, storeErrorOf } from '../store/writeFile.ts';
import { EXIT } from './exitCodes.ts';
import { InferenceError } from './inferenceErrors.ts';
import { createProgress } from './progress.ts';
import { alignCells } from './textTable.ts';

export type ProfileOptions = {
  readonly device: DeviceChoice;
  readonly out: string;
  readonly samples?: number;
  readonly poolSeed?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

/** What is worth reading of a profile: the columns of single answers are for replaying. */
const summaryOf = ({ variants, ...head }: InferenceProfile) => ({
  ...head,
  variants: variants.map(({ id, wuMflop, levels: measured }) => ({
    id,
    wuMflop,
    levels: measured.map(({ meanCerBps, exactBps, latencyP50Us, latencyP95Us }, i) => ({
      level: levels[i]!.name,
      meanCerBps,
      exactBps,
      latencyP50Us,
      latencyP95Us,
    })),
  })),
});

function tableOf(profile: InferenceProfile): string {
  const rows = summaryOf(profile).variants.flatMap(({ id, levels: measured }) =>
    measured.map((m) => [
      ...[id, m.level, `${(m.meanCerBps / 100).toFixed(2)}%`, `${(m.exactBps / 100).toFixed(1)}%`],
      ...[`${(m.latencyP50Us / 1_000).toFixed(2)} ms`, `${(m.latencyP95Us / 1_000).toFixed(2)} ms`],
    ]),
  );
  const head = ['variant', 'level', 'wrong characters', 'lines without error', 'p50', 'p95'];
  const cells = alignCells([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right']);
  return cells.map((row) => `${row.join('  ')}\n`).join('');
}

/** @throws InferenceError when the device does not work or fails on the way; StoreError when the file cannot be written */
export async function profileCommand(options: ProfileOptions, builtDir: string): Promise<number> {
  // Now, not after an hour of measuring.
  await access(dirname(resolve(options.out)), constants.W_OK).catch((error: unknown) => {
    throw storeErrorOf(error, options.out);
  });
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
  await replaceFile(options.out, formatProfile(profile));
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ file: options.out, ...summaryOf(profile) }, null, 2)}\n`);
  else {
    const { device, runtime, poolSeed, poolSamples } = profile;
    process.stdout.write(
      `${device.class}: ${device.name}, ${runtime}; pool ${poolSeed}, ${poolSamples} samples per difficulty\n` +
        `${tableOf(profile)}Written to ${options.out}\n`,
    );
  }
  return EXIT.ok;
}
