/** Names of agents, for people: drawn from the seed, shown in tables and reports, never part of the ledger or the digest. */
import { base, en, Faker } from '@faker-js/faker';
import type { Roster } from '../sim/engine/roster.ts';
import { ROLES, type Role } from '../sim/engine/scenario.ts';

const STYLE: { readonly [R in Role]: (faker: Faker) => string } = {
  creator: (faker) => `${faker.word.adjective()} ${faker.word.noun()} lab`,
  miner: (faker) => `${faker.color.human()} ${faker.animal.type()} nodes`,
  validator: (faker) => `${faker.person.lastName()} validation`,
  consumer: (faker) => faker.company.name(),
  delegator: (faker) => faker.person.fullName(),
  slark: (faker) => `${faker.person.lastName()} watch`,
  fizz: (faker) => `${faker.person.firstName()}’s ${faker.animal.type()}`,
  matchmaker: (faker) => `${faker.person.lastName()} matching`,
};

/**
 * @returns a name per agent, in roster order. It depends on what the keys of the agent's streams depend on, so that one
 * more agent renames nobody else.
 */
export function agentNames(seed: number, roster: Roster): string[] {
  const faker = new Faker({ locale: [en, base] });
  return roster.agents.map((info) => {
    faker.seed([seed % 4_294_967_296, ROLES.indexOf(info.role), info.rolePopulation, info.populationIndex]);
    return STYLE[info.role](faker);
  });
}
