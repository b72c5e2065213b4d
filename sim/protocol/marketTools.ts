/** What the walks of the compute market pick records, senders and times with. Decides nothing about what is proposed. */
import { type Action, type ActionName, action } from './actions.ts';
import { ACCOUNT, F, PROVIDER_STATE, STRIDE, type TableName } from './layout.ts';
import type { State } from './state.ts';

export type Proposal = readonly [weight: number, propose: () => Action | null];
export type NextInt = (n: number) => number;

/** What the walk picks senders with; see `createChooser` in `randomWalk.ts`. */
export type Chooser = { readonly agent: () => number; readonly id: (count: number) => number };

export type Tools = ReturnType<typeof createTools>;

export function createTools(s: State, nextInt: NextInt, { agent, id }: Chooser) {
  const read = (table: TableName, record: number, field: number): number =>
    s[table][record * STRIDE[table] + field] ?? 0;
  /** A record of 1 … count that fits, now and then any of them; 0 if there is none. */
  const oneOf = (count: number, fits: (record: number) => boolean): number => {
    const found: number[] = [];
    for (let i = 1; i <= count; i++) if (fits(i)) found.push(i);
    if (nextInt(found.length === 0 ? 120 : 30) === 0) return id(count);
    return found.length === 0 ? 0 : found[nextInt(found.length)]!;
  };
  const counts = {
    escrows: () => s.escrowTotals[F.escrowTotals.escrowCount]!,
    orders: () => s.orderTotals[F.orderTotals.orderCount]!,
    bids: () => s.orderTotals[F.orderTotals.bidCount]!,
    leases: () => s.leaseTotals[F.leaseTotals.leaseCount]!,
    fizzNodes: () => s.fizzTotals[F.fizzTotals.fizzCount]!,
    providers: () => s.providerTotals[F.providerTotals.providerCount]!,
  } as const;
  const inStates =
    (table: 'orders' | 'leases' | 'fizzNodes' | 'providers', states: readonly number[]) =>
    (also: (record: number) => boolean = () => true): number =>
      oneOf(counts[table](), (i) => states.includes(read(table, i, F[table].state)) && also(i));
  /** An action of an agent; the protocol's own accounts send none. */
  const by = (name: ActionName, actor: number, args: readonly number[]): Action =>
    action(name, actor < ACCOUNT.firstAgent ? agent() : actor, args);
  const keeper = (name: ActionName, args: readonly number[], bulk?: readonly number[]): Action =>
    action(name, ACCOUNT.keeper, args, bulk);
  const fizzOwner = (fizz: number): number => read('fizzNodes', fizz, F.fizzNodes.owner);
  const providerOwner = (provider: number): number => read('providers', provider, F.providers.owner);
  const escrowOwner = (escrow: number): number => read('escrows', escrow, F.escrows.owner);
  /** Between two times, their ends included. */
  const between = (leastS: number, mostS: number): number => leastS + nextInt(Math.max(1, mostS - leastS + 1));
  /** True if an Active provider may be matched at all. */
  const isMatchable = (provider: number): boolean =>
    read('providers', provider, F.providers.state) === PROVIDER_STATE.active &&
    read('providers', provider, F.providers.isMatchable) === 1;
  return {
    ...{ s, nextInt, agent, id, read, oneOf, counts, inStates, by, keeper, isMatchable },
    ...{ fizzOwner, providerOwner, escrowOwner, between },
  };
}
