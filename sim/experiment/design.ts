/** Which combinations of axis values are run. A design chooses; it neither loads nor runs anything. */
import type { Axis, AxisValue } from '../engine/scenario.ts';

/** One value of each axis, in the order of the axes. */
export type Combination = readonly AxisValue[];

/** Chooses combinations of the axes' values, in the order in which tables list them. */
export type Design = (axes: readonly Axis[]) => Combination[];

/** Every combination; the last axis runs fastest. One empty combination without axes. */
export const grid: Design = (axes) =>
  axes.reduce<Combination[]>(
    (combinations, { values }) => combinations.flatMap((before) => values.map((value) => [...before, value])),
    [[]],
  );
