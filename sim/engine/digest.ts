/**
 * The ledger's state as bytes and as one hash. Records are packed into the very words that the contracts store, so the
 * core's bytes and the chain's storage are compared word for word, and either gives the same digest.
 */
import { sha256OfParts } from '../base/hash.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  CLASS_COUNT,
  type ContractName,
  F,
  HOSTS_PER_MODEL,
  OPERATOR_SEATS,
  SEATS_PER_CLASS,
  SLASHED_ERAS,
  STRIDE,
  TABLES_OF_CONTRACT,
  type TableName,
} from '../protocol/layout.ts';
import { P, PARAMS } from '../protocol/params.ts';
import type { State } from '../protocol/state.ts';

/** Records [from, to) of a table. */
export type RecordRange = { readonly from: number; readonly to: number };

/** Most ratings that a window may hold: ratings of model or provider m start at record m · 1 000. */
const RATINGS_PER_MODEL = 1_000;

/**
 * Records of a table that are in use, as ranges; all others are 0 on both sides. Of the requests, which are reused slot
 * by slot, those of the current slot count.
 */
export function usedRanges(s: State, table: TableName): readonly RecordRange[] {
  const accounts = ACCOUNT.firstAgent + s.tokenTotals[F.tokenTotals.accountCount]!;
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]! + 1;
  const models = s.modelTotals[F.modelTotals.modelCount]! + 1;
  const validators = s.validatorTotals[F.validatorTotals.validatorCount]! + 1;
  const providers = s.providerTotals[F.providerTotals.providerCount]! + 1;
  const licences = s.slarkTotals[F.slarkTotals.slarkCount]! + 1;
  const escrows = s.escrowTotals[F.escrowTotals.escrowCount]! + 1;
  switch (table) {
    case 'paramValues':
      return [{ from: 0, to: PARAMS.length }];
    case 'wallets':
    case 'prepaid':
    case 'runners':
      return [{ from: 0, to: accounts }];
    case 'nodes':
    case 'nodeTrust':
    case 'nodeEra':
    case 'nodeReports':
    case 'nodeHolders':
    case 'nodeCollateral':
    case 'nodeProviders':
    case 'ranking':
      return [{ from: 0, to: nodes }];
    case 'freedSeats':
      return [{ from: 0, to: s.nodeTotals[F.nodeTotals.seatsOpenedCount]! + 1 }];
    case 'models':
    case 'modelHolders':
    case 'modelCollateral':
      return [{ from: 0, to: models }];
    case 'hosts':
      return [{ from: 0, to: models * HOSTS_PER_MODEL }];
    case 'ratings':
      return ratingWindows(s, models);
    case 'providerRatings':
      return ratingWindows(s, providers);
    case 'providers':
    case 'providerEra':
    case 'providerReports':
    case 'providerCollateral':
    case 'poorTargets':
    case 'restTargets':
    case 'retryTargets':
      return [{ from: 0, to: providers }];
    case 'newTargets':
      // Who left and came back is queued a second time.
      return [{ from: 0, to: 2 * providers }];
    case 'licenceHolders':
    case 'licenceWindows':
    case 'slarks':
    case 'slarkOrder':
      return [{ from: 0, to: licences }];
    case 'challenges':
      return [{ from: 0, to: s.challengeTotals[F.challengeTotals.challengeCount]! + 1 }];
    case 'committees':
      return [{ from: 0, to: CLASS_COUNT + 1 }];
    case 'seats':
      return [{ from: 0, to: (CLASS_COUNT + 1) * SEATS_PER_CLASS }];
    case 'versions':
      return [{ from: 0, to: s.modelTotals[F.modelTotals.versionCount]! + 1 }];
    case 'requests':
      return [{ from: 0, to: s.callTotals[F.callTotals.requestCount]! + 1 }];
    case 'validators':
    case 'validatorHolders':
    case 'validatorCollateral':
    case 'committeeWeights':
      return [{ from: 0, to: validators }];
    case 'tasks':
      return [{ from: 0, to: s.taskTotals[F.taskTotals.taskCount]! + 1 }];
    case 'members':
      return [{ from: 0, to: s.taskTotals[F.taskTotals.memberCount]! + 1 }];
    case 'delegations':
    case 'vestings':
      return [{ from: 0, to: s.stakeTotals[F.stakeTotals.delegationCount]! + 1 }];
    case 'assets':
      return [{ from: 0, to: ASSET_COUNT }];
    case 'assetWallets':
      return [{ from: 0, to: accounts * ASSET_COUNT }];
    case 'escrows':
      return [{ from: 0, to: escrows }];
    case 'escrowBalances':
      return [{ from: 0, to: escrows * ASSET_COUNT }];
    case 'orders':
      return [{ from: 0, to: s.orderTotals[F.orderTotals.orderCount]! + 1 }];
    case 'bids':
      return [{ from: 0, to: s.orderTotals[F.orderTotals.bidCount]! + 1 }];
    case 'operators':
      return [{ from: 0, to: OPERATOR_SEATS + 1 }];
    case 'slashedEras':
      return [{ from: 0, to: providers * SLASHED_ERAS }];
    case 'leases':
    case 'leaseUpdates':
      return [{ from: 0, to: s.leaseTotals[F.leaseTotals.leaseCount]! + 1 }];
    case 'openLeases':
      return [{ from: 0, to: s.leaseTotals[F.leaseTotals.openCount]! + 1 }];
    case 'providerMarket':
    case 'providerUse':
    case 'subnets':
      return [{ from: 0, to: providers }];
    case 'fizzNodes':
      return [{ from: 0, to: s.fizzTotals[F.fizzTotals.fizzCount]! + 1 }];
    default:
      return [{ from: 0, to: 1 }];
  }
}

/** The windows of the entities below `end` in a table of ratings, {@link RATINGS_PER_MODEL} records for each. */
function ratingWindows(s: State, end: number): RecordRange[] {
  const window = s.paramValues[P['fb.window']]!;
  return Array.from({ length: end - 1 }, (_, i) => ({
    from: (i + 1) * RATINGS_PER_MODEL,
    to: (i + 1) * RATINGS_PER_MODEL + window,
  }));
}

/** First and last storage word (relative to the table's first, end exclusive) that hold a range of records. */
export function wordsOfRange(
  table: TableName,
  range: RecordRange,
): { readonly fromWord: number; readonly toWord: number } {
  return { fromWord: Math.floor((range.from * STRIDE[table]) / 4), toWord: Math.ceil((range.to * STRIDE[table]) / 4) };
}

/** Words [fromWord, toWord) of a table as the chain stores them: 32 bytes each, big-endian, first field in the lowest bytes. */
export function packWords(s: State, table: TableName, fromWord: number, toWord: number): Uint8Array {
  const column = s[table];
  const bytes = new Uint8Array((toWord - fromWord) * 32);
  const view = new DataView(bytes.buffer);
  for (let word = fromWord; word < toWord; word++) {
    const at = (word - fromWord) * 32;
    for (let lane = 0; lane < 4; lane++) {
      const value = column[word * 4 + lane] ?? 0;
      const high = Math.floor(value / 4_294_967_296);
      view.setUint32(at + 24 - lane * 8, high);
      view.setUint32(at + 28 - lane * 8, value - high * 4_294_967_296);
    }
  }
  return bytes;
}

export type TableBytes = {
  readonly contract: ContractName;
  readonly table: TableName;
  readonly fromWord: number;
  readonly bytes: Uint8Array;
};

/** The whole state in use, table by table in the order of `TABLES_OF_CONTRACT`. */
export function packState(s: State): TableBytes[] {
  const packed: TableBytes[] = [];
  for (const [contract, tables] of Object.entries(TABLES_OF_CONTRACT) as [ContractName, readonly TableName[]][]) {
    for (const table of tables) {
      for (const range of usedRanges(s, table)) {
        const { fromWord, toWord } = wordsOfRange(table, range);
        packed.push({ contract, table, fromWord, bytes: packWords(s, table, fromWord, toWord) });
      }
    }
  }
  return packed;
}

/** SHA-256 over the packed state, each part headed by its table, first word and length. */
export function digestOf(parts: readonly TableBytes[]): string {
  return sha256OfParts(parts.flatMap((part) => [`${part.table}:${part.fromWord}:${part.bytes.length};`, part.bytes]));
}
