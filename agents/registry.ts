/** Which function plays which strategy. The catalogue (`catalogue.ts`) describes them; a test holds the two lists equal. */
import { assert } from '../sim/base/assert.ts';
import type { Strategy } from '../sim/engine/agentContract.ts';
import type { Role } from '../sim/engine/scenario.ts';
import { abandoner } from './consumer/abandoner.ts';
import { brigader } from './consumer/brigader.ts';
import { drainer } from './consumer/drainer.ts';
import { honest } from './consumer/honest.ts';
import { renter } from './consumer/renter.ts';
import { spammer as consumerSpammer } from './consumer/spammer.ts';
import { cloner } from './creator/cloner.ts';
import { improver } from './creator/improver.ts';
import { overfitter } from './creator/overfitter.ts';
import { spammer as creatorSpammer } from './creator/spammer.ts';
import { steady as steadyCreator } from './creator/steady.ts';
import { swapper } from './creator/swapper.ts';
import { dodger } from './delegator/dodger.ts';
import { whale } from './delegator/whale.ts';
import { yieldSeeker } from './delegator/yieldSeeker.ts';
import { evening } from './fizz/evening.ts';
import { freeRider } from './fizz/freeRider.ts';
import { sybil } from './fizz/sybil.ts';
import { biasedOperator, honestOperator } from './matchmaker/operator.ts';
import { cheater } from './miner/cheater.ts';
import { degrading } from './miner/degrading.ts';
import { farmer } from './miner/farmer.ts';
import { frontRunner } from './miner/frontRunner.ts';
import { hoarder } from './miner/hoarder.ts';
import { misdeclarer } from './miner/misdeclarer.ts';
import { misuser } from './miner/misuser.ts';
import { newcomer } from './miner/newcomer.ts';
import { oscillator } from './miner/oscillator.ts';
import { parker } from './miner/parker.ts';
import { parrot } from './miner/parrot.ts';
import { prioritiser } from './miner/prioritiser.ts';
import { skimmer } from './miner/skimmer.ts';
import { overclaimer, spoofer } from './miner/spoofer.ts';
import { squatter } from './miner/squatter.ts';
import { steady as steadyMiner } from './miner/steady.ts';
import { underpricer } from './miner/underpricer.ts';
import { washer } from './miner/washer.ts';
import { whitewasher } from './miner/whitewasher.ts';
import { absentee } from './slark/absentee.ts';
import { chaser } from './slark/chaser.ts';
import { colluder as slarkColluder } from './slark/colluder.ts';
import { copier as slarkCopier } from './slark/copier.ts';
import { diligent as diligentSlark } from './slark/diligent.ts';
import { inflator } from './slark/inflator.ts';
import { overloaded } from './slark/overloaded.ts';
import { selfBacker } from './slark/selfBacker.ts';
import { colluder } from './validator/colluder.ts';
import { conformist } from './validator/conformist.ts';
import { copier } from './validator/copier.ts';
import { diligent } from './validator/diligent.ts';
import { lazy } from './validator/lazy.ts';

export const STRATEGIES: readonly Strategy[] = [
  steadyCreator,
  overfitter,
  swapper,
  improver,
  creatorSpammer,
  cloner,
  steadyMiner,
  newcomer,
  degrading,
  cheater,
  parrot,
  oscillator,
  whitewasher,
  diligent,
  lazy,
  copier,
  colluder,
  conformist,
  honest,
  brigader,
  consumerSpammer,
  yieldSeeker,
  whale,
  dodger,
  spoofer,
  overclaimer,
  farmer,
  prioritiser,
  hoarder,
  parker,
  misdeclarer,
  diligentSlark,
  absentee,
  slarkColluder,
  inflator,
  overloaded,
  selfBacker,
  slarkCopier,
  chaser,
  underpricer,
  frontRunner,
  washer,
  squatter,
  misuser,
  skimmer,
  renter,
  abandoner,
  drainer,
  evening,
  sybil,
  freeRider,
  honestOperator,
  biasedOperator,
];

const byName = new Map(STRATEGIES.map((strategy) => [`${strategy.role}/${strategy.name}`, strategy]));

/** @throws AssertionError for a name that is not registered; the loader has refused such a scenario before */
export function strategyOf(role: Role, name: string): Strategy {
  const strategy = byName.get(`${role}/${name}`);
  assert(strategy !== undefined, `No strategy ${name} for role ${role}`);
  return strategy;
}
