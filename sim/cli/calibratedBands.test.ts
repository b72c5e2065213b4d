import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { writeOverride } from '../../scenarios/sweep.ts';
import { repoRoot } from '../store/paths.ts';
import { bandsOf, withCalibratedBands, writeBands } from './calibratedBands.ts';

const bands = {
  fp32: { acceptPpb: 41_000, rejectPpb: 111_000 },
  reduced: { acceptPpb: 9_000_000, rejectPpb: 12_000_000 },
};

function load(text: string, set: readonly string[] = []) {
  const read = (path: string) => readFileSync(join(repoRoot(), 'scenarios', path), 'utf8');
  const loaded = loadScenario({ text, file: 'test.yaml', read, catalogue: CATALOGUE, set });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  return loaded;
}
const quickstart = readFileSync(join(repoRoot(), 'scenarios/quickstart.yaml'), 'utf8');

describe('withCalibratedBands', () => {
  it('given a scenario that sets none > takes those of the device', () => {
    const { scenario } = load(quickstart);
    expect(bandsOf(withCalibratedBands(scenario, bands))).toEqual(bands);
  });

  it('given a device that nobody has calibrated > leaves the registry’s', () => {
    const { scenario } = load(quickstart);
    expect(withCalibratedBands(scenario, undefined)).toBe(scenario);
    expect(bandsOf(scenario)).toEqual({
      fp32: { acceptPpb: 50_000, rejectPpb: 300_000 },
      reduced: { acceptPpb: 20_000_000, rejectPpb: 60_000_000 },
    });
  });

  it('given a scenario that sets one side of a class > leaves that class alone', () => {
    const { scenario } = load(quickstart, ['params.val.accept_ppb.fp32=100']);
    expect(bandsOf(withCalibratedBands(scenario, bands))).toEqual({
      fp32: { acceptPpb: 100, rejectPpb: 300_000 },
      reduced: bands.reduced,
    });
  });
});

describe('bands that a scenario gives', () => {
  it.each([
    ['by --set', ['params.val.accept_ppb.fp32=50000']],
    ['by --set, both sides', ['params.val.accept_ppb.fp32=50000ppb', 'params.val.reject_ppb.fp32=300000ppb']],
  ])('equal to the registry’s, %s > count all the same', (_, set) => {
    const { scenario, resolvedYaml, hash } = load(quickstart, set);
    expect(bandsOf(withCalibratedBands(scenario, bands))).toEqual({
      fp32: { acceptPpb: 50_000, rejectPpb: 300_000 },
      reduced: bands.reduced,
    });
    // As a file again, it says the same; and it is another scenario than one that leaves its bands to the device.
    const again = load(resolvedYaml);
    expect([again.scenario, again.hash]).toEqual([scenario, hash]);
    expect(hash).not.toBe(load(quickstart).hash);
  });

  it('equal to the registry’s, in the file > count; a resolved scenario that gives none still takes the device’s', () => {
    const { resolvedYaml } = load(quickstart);
    const resolved = load(resolvedYaml);
    expect(bandsOf(withCalibratedBands(resolved.scenario, bands))).toEqual(bands);
    const written = load(resolvedYaml.replace(/^params:$/m, 'params:\n  val.reject_ppb.reduced: 60000000'));
    expect(bandsOf(withCalibratedBands(written.scenario, bands))).toEqual({
      fp32: bands.fp32,
      reduced: { acceptPpb: 20_000_000, rejectPpb: 60_000_000 },
    });
  });

  it('as an axis of a sweep > count at every point, also where the point is the registry’s', () => {
    const swept = load(`${quickstart}\nsweep: { axes: { val.accept_ppb.fp32: [50000, 60000] } }\n`);
    const accepted = swept.scenario.sweep!.axes[0]!.values.map((value) => {
      const point = load(quickstart, [writeOverride('params.val.accept_ppb.fp32', value)]);
      return bandsOf(withCalibratedBands(point.scenario, bands)).fp32.acceptPpb;
    });
    expect(accepted).toEqual([50_000, 60_000]);
  });
});

describe('writeBands', () => {
  it('given a resolved scenario > loads as the one that was run, whatever the device is calibrated to later', () => {
    const { scenario, resolvedYaml } = load(quickstart);
    const run = withCalibratedBands(scenario, bands);
    const again = load(writeBands(resolvedYaml, run)).scenario;
    expect(again).toEqual(run);
    expect(withCalibratedBands(again, { ...bands, fp32: { acceptPpb: 1, rejectPpb: 2 } })).toEqual(run);
  });
});
