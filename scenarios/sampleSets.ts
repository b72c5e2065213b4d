/**
 * Whether the parts of the task pool mean what they seem to mean. Judges `inference.sets` against the populations; whether
 * the parts fit the pool is judged where they are read (`resolve.ts`).
 */
import type { Population, SampleSets } from '../sim/engine/scenario.ts';
import type { IssueList } from './issues.ts';
import type { MapTree } from './parseTree.ts';
import { mapOf, scalarOf } from './populations.ts';
import type { Place } from './positions.ts';

/** Weights that were trained on the first samples of the pool, and on how many (recipe of the head). */
const OVERFITTED = { variant: 'en-over', samples: 100 } as const;

/** Warns of weights that know other samples than the public ones, and of a held-out set that is never drawn. */
export function checkSampleSets(
  root: MapTree,
  listPlace: Place,
  sets: SampleSets,
  populations: readonly Pick<Population, 'options'>[],
  issues: IssueList,
): void {
  const inference = mapOf(root, 'inference');
  const map = inference && mapOf(inference, 'sets');
  const { variant, samples } = OVERFITTED;
  const isUsed = populations.some(({ options }) => Object.values(options).includes(variant));
  if (isUsed && sets.publicSamples !== samples) {
    const place = (map && scalarOf(map, 'public')?.place) ?? inference?.entries.get('sets')?.keyPlace ?? listPlace;
    const known =
      sets.publicSamples === 0
        ? 'and no samples are public: it is validated on what it knows, and consumers ask for it'
        : sets.publicSamples < samples
          ? `and only ${sets.publicSamples} are public: it knows lines that should be unknown to it`
          : `and ${sets.publicSamples} are public: it does not know all of them`;
    issues.flag('W310', place, `${variant} was trained on samples 0 to ${samples - 1}, ${known}`, {
      fix: `write inference.sets.public: ${samples}`,
    });
  }
  const heldOut = map?.entries.get('held_out');
  if (heldOut !== undefined && !map!.entries.has('rotate_eras'))
    issues.flag('W311', heldOut.keyPlace, 'held_out has no effect without rotate_eras: no set is ever held out', {
      fix: 'write inference.sets.rotate_eras, or remove held_out',
    });
}
