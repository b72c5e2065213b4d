/**
 * Bands of the device that a run is on, where its scenario does not give them. Decides nothing about how they were found
 * (see sim/inference/calibrate.ts).
 */
import { parseDocument } from 'yaml';
import type { Bands, InferencePort, Precision } from '../engine/inferencePort.ts';
import type { Scenario } from '../engine/scenario.ts';
import { PARAMS, type ParamKey } from '../protocol/params.ts';

const PRECISIONS: readonly Precision[] = ['fp32', 'reduced'];
const SIDES = ['accept', 'reject'] as const;

const keyOf = (side: (typeof SIDES)[number], precision: Precision) => `val.${side}_ppb.${precision}` as const;

/** Bands that a scenario runs with: its own, else the registry's. */
export function bandsOf({ params }: Pick<Scenario, 'params'>): Record<Precision, Bands> {
  const value = (key: ParamKey): number => params[key] ?? PARAMS.find((spec) => spec.key === key)!.fallback;
  const of = (precision: Precision): Bands => ({
    acceptPpb: value(keyOf('accept', precision)),
    rejectPpb: value(keyOf('reject', precision)),
  });
  return { fp32: of('fp32'), reduced: of('reduced') };
}

/**
 * The scenario with the device's bands for every class of which it sets neither side; a side alone might end up above the
 * other. What a scenario sets counts, also where it is the registry's default.
 *
 * @param bands  of the device; undefined where nobody has calibrated it
 */
export function withCalibratedBands(scenario: Scenario, bands: InferencePort['bands']): Scenario {
  if (bands === undefined) return scenario;
  const calibrated = PRECISIONS.filter((precision) =>
    SIDES.every((side) => scenario.params[keyOf(side, precision)] === undefined),
  ).flatMap((precision) => [
    [keyOf('accept', precision), bands[precision].acceptPpb] as const,
    [keyOf('reject', precision), bands[precision].rejectPpb] as const,
  ]);
  return { ...scenario, params: { ...scenario.params, ...Object.fromEntries(calibrated) } };
}

/** The text of a resolved scenario with the bands that `scenario` runs with: it alone is enough to repeat the run. */
export function writeBands(resolvedYaml: string, scenario: Scenario): string {
  const document = parseDocument(resolvedYaml);
  for (const [precision, bands] of Object.entries(bandsOf(scenario)) as [Precision, Bands][]) {
    for (const side of SIDES) document.setIn(['params', keyOf(side, precision)], bands[`${side}Ppb`]);
  }
  return document.toString({ lineWidth: 0 });
}
