/**
 * Which samples may teach, which may be shown and which must stay unseen. Every generator of samples draws from the key
 * that is made here, so that two ranges can never hold the same sample. Decides neither what a sample is nor who sees it.
 */

/**
 * `train` teaches a head; `dev` tunes what teaches it, and thresholds; `public` is the benchmark that everybody knows by
 * heart; `held-out` is what nobody has seen before its seed is revealed.
 */
export const RANGES = ['train', 'dev', 'public', 'held-out'] as const;
export type SampleRange = (typeof RANGES)[number];

/** The first samples of a pool are its public benchmark, those after them are held out. */
export const PUBLIC_SAMPLES = 100;

/**
 * Key of sample `index` of a range: all that a sample is follows from it and the difficulty. A pool's samples are keyed by
 * their place in it, public ones first, so that the pool that a run asks for falls into both ranges without overlap.
 *
 * @param task  id of the task with its version, such as text-recognition/1
 * @param seed  of the set, 0 or more
 * @param index  0 .. within the range
 * @throws RangeError for a seed or an index that is no whole number from 0, or an index beyond the public set
 * @rule DFPN-5
 * @example keyOf('text-recognition/1', 'held-out', 7, 0) // text-recognition/1:7:100
 * @example keyOf('text-recognition/1', 'train', 7, 0) // text-recognition/1:train:7:0
 */
export function keyOf(task: string, range: SampleRange, seed: number, index: number): string {
  if (range === 'train' || range === 'dev') return `${task}:${range}:${assertWhole(seed)}:${assertWhole(index)}`;
  assertWhole(index);
  if (range === 'held-out') return poolKeyOf(task, seed, PUBLIC_SAMPLES + index);
  if (index >= PUBLIC_SAMPLES) throw new RangeError(`Sample ${index} of a public set of ${PUBLIC_SAMPLES}`);
  return poolKeyOf(task, seed, index);
}

/** Key of sample `index` of the pool `seed`: public below {@link PUBLIC_SAMPLES}, held out from there on. */
export const poolKeyOf = (task: string, seed: number, index: number): string =>
  `${task}:${assertWhole(seed)}:${assertWhole(index)}`;

function assertWhole(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no whole number from 0`);
  return value;
}
