/**
 * The money of a run as a picture: who paid, what for, who received, as stacked bars in three columns and a strand for each
 * way that money went. Computes places only; amounts are tokens, and a strand is as thick everywhere as its amount.
 */
import { groupBy, type Reading, sumOf } from './reading.ts';
import { type Cell, type Table, table } from './table.ts';

/** Reasons by which money changes its place and not its owner, or comes from outside: no payments. */
const NO_PAYMENTS: readonly string[] = [
  ...['genesis', 'issue', 'stake', 'unstake', 'delegate', 'release', 'prepay', 'refund'],
  ...['escrowDeposit', 'escrowWithdraw'],
];

/** Where money waits for somebody to whom it is handed on. */
const POTS: readonly string[] = ['validatorPot', 'slarkPool', 'slashPot', 'delegationVault', 'stakeVault'];

const ACCOUNT_LABELS: ReadonlyMap<string, string> = new Map([
  ['miner', 'miners'],
  ['fizz', 'fizz nodes'],
  ['slark', 'Slarks'],
  ['consumer', 'consumers'],
  ['creator', 'creators'],
  ['validator', 'validators'],
  ['delegator', 'delegators'],
  ['matchmaker', 'matchmakers'],
  // Both hold what consumers have set aside: what is paid from them is the consumers' own.
  ['escrow', 'consumers'],
  ['callEscrow', 'consumers'],
  ['community', 'community pool'],
  ['validatorPot', 'validators’ pot'],
  ['slarkPool', 'Slarks’ pool'],
  ['slashPot', 'slash pot'],
  ['stakeVault', 'stakes'],
  ['delegationVault', 'delegations'],
]);

const REASON_LABELS: ReadonlyMap<string, string> = new Map([
  ['leasePayment', 'leases'],
  ['commission', 'commission'],
  ['userFee', 'user fee'],
  ['providerFee', 'provider fee'],
  ['gatewayShare', 'gateway’s part'],
  ['matchReward', 'matching'],
  ['fizzReward', 'fizz rewards'],
  ['fizzFee', 'fizz fees'],
  ['livenessReward', 'liveness'],
  ['bonusReward', 'liveness bonus'],
  ['slarkReward', 'Slarks’ rewards'],
  ['powrReward', 'PoWR rewards'],
  ['validatorReward', 'validator pay'],
  ['creatorReward', 'creators’ emission'],
  ['stakerReward', 'stakers’ emission'],
  ['delegatorReward', 'shares of rewards'],
  ['emissionFoundation', 'foundation’s emission'],
  ['callCreator', 'calls, creator'],
  ['callNode', 'calls, node'],
  ['callValidators', 'calls, validators'],
  ['callFoundation', 'calls, foundation'],
  ['taskFee', 'task fees'],
  ['registerFee', 'registration fees'],
  ['licence', 'licences'],
  ['penalty', 'penalties'],
  ['slash', 'slashes'],
  ['forfeit', 'forfeits'],
  ['restitution', 'restitution'],
  ['transfer', 'transfers'],
  ['burnt', 'burnt'],
]);

export type Payment = {
  readonly era: number;
  readonly payer: string;
  readonly reason: string;
  readonly receiver: string;
  readonly tokens: number;
  /** Of these, paid in foreign assets, at the price of the moment. */
  readonly foreignTokens: number;
  /** False for what goes into a pot and is counted when it leaves it. */
  readonly isFinal: boolean;
};

/** Payments of a run by era, under the names that people know; what moves between pots of one owner is none. */
export function paymentsOf(reading: Reading): Payment[] {
  return reading.run.flows
    .filter(({ reason }) => !NO_PAYMENTS.includes(reason))
    .map(({ era, payer, receiver, reason, asset, valueUnits }) => {
      const tokens = reading.tokens(valueUnits);
      return {
        era,
        payer: ACCOUNT_LABELS.get(payer) ?? payer,
        reason: REASON_LABELS.get(reason) ?? reason,
        receiver: ACCOUNT_LABELS.get(receiver) ?? receiver,
        tokens,
        foreignTokens: asset === 0 ? 0 : tokens,
        isFinal: !POTS.includes(receiver),
      };
    });
}

/** Bars for reasons, at most, the one that the smaller ones share among them. */
const MOST_REASONS = 12;
export const OTHER_REASONS = 'other reasons';

type Total = { readonly label: string; readonly tokens: number };
/** Largest first, what is put together last. */
const byAmount = (a: Total, b: Total): number =>
  Number(a.label === OTHER_REASONS) - Number(b.label === OTHER_REASONS) ||
  b.tokens - a.tokens ||
  (a.label < b.label ? -1 : 1);

/** Total of the payments by a name, largest first. */
export function totalsBy(payments: readonly Payment[], keyOf: (payment: Payment) => string): Total[] {
  return [...groupBy(payments, keyOf)]
    .map(([label, own]) => ({ label, tokens: sumOf(own, ({ tokens }) => tokens) }))
    .filter(({ tokens }) => tokens > 0)
    .sort(byAmount);
}

/** The payments with the names of small reasons replaced, so that no more than `most` are left. */
export function withFewReasons(payments: readonly Payment[], most = MOST_REASONS): Payment[] {
  const ranking = totalsBy(payments, ({ reason }) => reason);
  if (ranking.length <= most) return [...payments];
  const kept = new Set(ranking.slice(0, most - 1).map(({ label }) => label));
  return payments.map((payment) => (kept.has(payment.reason) ? payment : { ...payment, reason: OTHER_REASONS }));
}

/** Distance of two bars of a column, as a part of all that was paid: enough for a line of text. */
const GAP = 0.042;

export const COLUMNS = ['payer', 'reason', 'receiver'] as const;
type Column = (typeof COLUMNS)[number];

type Strand = Readonly<Record<Column, string>> & { readonly tokens: number };
type Bar = { readonly label: string; readonly tokens: number; readonly low: number; readonly high: number };

/** The bars of a column from the top down, the largest first; `most` is the number of bars of the fullest column. */
function barsOf(strands: readonly Strand[], column: Column, all: number, most: number): Bar[] {
  const totals = [...groupBy(strands, (strand) => strand[column])]
    .map(([label, own]) => ({ label, tokens: sumOf(own, ({ tokens }) => tokens) }))
    .sort(byAmount);
  const gap = GAP * all;
  let at = (gap * (most - totals.length)) / 2;
  return totals.map(({ label, tokens }) => {
    const low = at;
    at += tokens + gap;
    return { label, tokens, low, high: low + tokens };
  });
}

/** Where each strand begins on the bars of a column, if the strands of a bar lie in the order of two other columns. */
function placesOn(
  bars: readonly Bar[],
  strands: readonly Strand[],
  column: Column,
  order: readonly [(strand: Strand) => number, (strand: Strand) => number],
): Map<Strand, number> {
  const places = new Map<Strand, number>();
  for (const { label, low } of bars) {
    let at = low;
    const own = strands.filter((strand) => strand[column] === label);
    own.sort((a, b) => order[0](a) - order[0](b) || order[1](a) - order[1](b));
    for (const strand of own) {
      places.set(strand, at);
      at += strand.tokens;
    }
  }
  return places;
}

/**
 * Bars and strands. A row without `low_there` is a bar; one with it is half a strand, from column `column` to the next, and
 * low and high are places on an axis from the top down.
 */
export function flowLayout(payments: readonly Payment[]): Table {
  const strands = [...groupBy(payments, ({ payer, reason, receiver }) => `${payer}|${reason}|${receiver}`).values()]
    .map(
      (own): Strand => ({
        payer: own[0]!.payer,
        reason: own[0]!.reason,
        receiver: own[0]!.receiver,
        tokens: sumOf(own, ({ tokens }) => tokens),
      }),
    )
    .filter(({ tokens }) => tokens > 0);
  const all = sumOf(strands, ({ tokens }) => tokens);
  const most = COLUMNS.reduce((n, column) => Math.max(n, new Set(strands.map((one) => one[column])).size), 1);
  const bars = COLUMNS.map((column) => barsOf(strands, column, all, most)) as [Bar[], Bar[], Bar[]];
  const placeIn = (i: 0 | 1 | 2) => {
    const places = new Map(bars[i].map(({ label }, place) => [label, place]));
    return (strand: Strand): number => places.get(strand[COLUMNS[i]])!;
  };
  const [payer, reason, receiver] = [placeIn(0), placeIn(1), placeIn(2)];
  const leaving = placesOn(bars[0], strands, 'payer', [reason, receiver]);
  const arriving = placesOn(bars[1], strands, 'reason', [payer, receiver]);
  const going = placesOn(bars[1], strands, 'reason', [receiver, payer]);
  const ending = placesOn(bars[2], strands, 'receiver', [reason, payer]);
  const rows: Cell[][] = bars.flatMap((own, column) =>
    own.map(({ label, tokens, low, high }): Cell[] => [
      ...[column, label, column === 0 ? label : null, column === 1 ? label : null, column === 2 ? label : null],
      ...[tokens, low, high, null, null],
    ]),
  );
  for (const [column, from, to] of [
    [0, leaving, arriving],
    [1, going, ending],
  ] as const) {
    for (const strand of strands) {
      const [low, there] = [from.get(strand)!, to.get(strand)!];
      rows.push([
        ...[column, null, strand.payer, strand.reason, strand.receiver, strand.tokens],
        ...[low, low + strand.tokens, there, there + strand.tokens],
      ]);
    }
  }
  return table(
    {
      column: 'Column',
      bar: 'Bar',
      payer: 'Payer',
      reason: 'Reason',
      receiver: 'Receiver',
      paid_tokens: 'Paid (tokens)',
      low: 'Low end',
      high: 'High end',
      low_there: 'Low end in the next column',
      high_there: 'High end in the next column',
    },
    rows,
  );
}
