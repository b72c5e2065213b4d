/**
 * Writes what the contracts' own tests need to know of the lists in `sim/protocol`: the default parameters, where each
 * table lies in storage, and every action. Tests hold the committed files equal to these texts. It tests nothing itself.
 */
import { ACTION_NAMES, ACTIONS, type ActionSpec } from '../protocol/actions.ts';
import { type ContractName, FIELDS, STRIDE, type TableName, TABLES_OF_CONTRACT } from '../protocol/layout.ts';
import { ledgerParams, PARAMS } from '../protocol/params.ts';

const CONTRACTS = Object.keys(TABLES_OF_CONTRACT) as ContractName[];

/** Storage words that a contract's token standard takes before its first table (OpenZeppelin's ERC20 and ERC1155). */
const STANDARD_WORDS: Partial<Record<ContractName, bigint>> = { Token: 5n, EntityNft: 3n };
const TABLE_LENGTH = 2n ** 32n;
const FIELDS_PER_WORD = 4;

const HEADER = `// SPDX-License-Identifier: Apache-2.0
// Written by sim/chain/testParamsSolidity.ts from the lists in sim/protocol. Do not edit.
pragma solidity 0.8.37;
`;

function constantName(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\./g, '_')
    .toUpperCase();
}

function isTotals(table: TableName): boolean {
  return table.endsWith('Totals');
}

function wordsOf(table: TableName): bigint {
  if (isTotals(table)) return BigInt(STRIDE[table] / FIELDS_PER_WORD);
  return (TABLE_LENGTH * BigInt(STRIDE[table])) / BigInt(FIELDS_PER_WORD);
}

/** First storage word of each table in its contract. */
export function tableSlots(): ReadonlyMap<TableName, bigint> {
  const slots = new Map<TableName, bigint>();
  for (const contract of CONTRACTS) {
    let next = STANDARD_WORDS[contract] ?? 0n;
    for (const table of TABLES_OF_CONTRACT[contract] as readonly TableName[]) {
      slots.set(table, next);
      next += wordsOf(table);
    }
  }
  return slots;
}

/** @returns the text of contracts/test/DefaultParams.sol, deterministic */
export function renderDefaultParams(): string {
  const values = ledgerParams();
  const lines = PARAMS.map((spec, number) => `    values[${number}] = ${values[number]}; // ${spec.key}`).join('\n');
  return `${HEADER}
/// @return values every parameter at its default, as the ledger stores it
function defaultParams() pure returns (uint64[] memory values) {
    values = new uint64[](${PARAMS.length});
${lines}
}
`;
}

function recordType(table: TableName): string {
  return `${table[0]!.toUpperCase()}${table.slice(1)}Record`;
}

function renderReader(table: TableName, contract: ContractName): string {
  const family = `families[FAMILY_${constantName(contract)}]`;
  const slot = `SLOT_${constantName(table)}`;
  if (STRIDE[table] === 1) {
    return `    function ${table}At(uint256 id) internal view returns (uint64) {
        return _lane(${family}, ${slot}, id);
    }`;
  }
  const words = STRIDE[table] / FIELDS_PER_WORD;
  const start = isTotals(table) ? slot : `${slot} + id * ${words}`;
  const head = isTotals(table) ? `${table}()` : `${table}At(uint256 id)`;
  return `    function ${head} internal view returns (${recordType(table)} memory record) {
        uint256 fields = _fields(${family}, ${start}, ${words});
        assembly ("memory-safe") {
            record := fields
        }
    }`;
}

/** @returns the text of contracts/test/Tables.sol, deterministic */
export function renderTables(): string {
  const slots = [...tableSlots()]
    .map(([table, slot]) => `uint256 constant SLOT_${constantName(table)} = ${slot};`)
    .join('\n');
  const readers = CONTRACTS.flatMap((contract) =>
    (TABLES_OF_CONTRACT[contract] as readonly TableName[]).map((table) => renderReader(table, contract)),
  ).join('\n\n');
  const records = (Object.keys(FIELDS) as TableName[]).filter((table) => STRIDE[table] > 1).map(recordType);
  const families = CONTRACTS.map((contract) => `FAMILY_${constantName(contract)}`);
  const imports = ['FAMILY_COUNT', ...families, ...records].sort().map((name) => `    ${name}`);
  return `${HEADER}
import {Extsload} from "../src/Extsload.sol";
import {
${imports.join(',\n')}
} from "../src/Protocol.sol";

// First storage word of each table in its contract.
${slots}

/// @title Tables
/// @notice Reads every table of the ledger from raw storage, so that tests see what is stored and not what is answered.
abstract contract Tables {
    /// @notice Addresses of all contracts, in the order of the FAMILY_ constants.
    address[FAMILY_COUNT] internal families;

${readers}

    /// @dev Entry \`id\` of a table with one field, four to a word.
    function _lane(address source, uint256 slot, uint256 id) private view returns (uint64) {
        uint256 word = abi.decode(Extsload(source).extsload(slot + id / 4, 1), (uint256));
        // The cast keeps the lane that the shift brought down.
        return uint64(word >> (64 * (id % 4)));
    }

    /// @return start memory of a struct of uint64s, unpacked from \`words\` storage words
    function _fields(address source, uint256 slot, uint256 words) private view returns (uint256 start) {
        bytes memory packed = Extsload(source).extsload(slot, words);
        uint256[] memory fields = new uint256[](4 * words);
        assembly ("memory-safe") {
            start := add(fields, 32)
            let to := start
            for { let i := 0 } lt(i, words) { i := add(i, 1) } {
                let word := mload(add(packed, mul(32, add(i, 1))))
                for { let lane := 0 } lt(lane, 4) { lane := add(lane, 1) } {
                    mstore(to, and(word, 0xffffffffffffffff))
                    word := shr(64, word)
                    to := add(to, 32)
                }
            }
        }
    }
}
`;
}

/** @returns the text of contracts/test/Actions.sol, deterministic */
export function renderActions(): string {
  const numbers = ACTION_NAMES.map((name, number) => `uint256 constant A_${constantName(name)} = ${number};`).join('\n');
  const entries = ACTION_NAMES.map((name, number) => {
    const spec: ActionSpec = ACTIONS[name];
    const types = [...spec.args.map(() => 'uint64'), ...(spec.bulk === undefined ? [] : ['uint64[]'])];
    const fields = [
      `"${name}(${types.join(',')})"`,
      `FAMILY_${constantName(spec.contract)}`,
      spec.args.length,
      spec.bulk !== undefined,
      spec.keeper === true,
    ];
    return `    actions[${number}] = ActionSpec(${fields.join(', ')});`;
  }).join('\n');
  const used = CONTRACTS.filter((contract) => ACTION_NAMES.some((name) => ACTIONS[name].contract === contract));
  const imports = used.map((contract) => `    FAMILY_${constantName(contract)}`).sort();
  return `${HEADER}
import {
${imports.join(',\n')}
} from "../src/Protocol.sol";

/// @notice An action that an account may send: its signature, the contract that takes it, the number of its uint64
/// arguments, whether a list follows them, and whether only the keeper may send it.
struct ActionSpec {
    string signature;
    uint256 family;
    uint256 argCount;
    bool hasList;
    bool isKeepers;
}

uint256 constant ACTION_COUNT = ${ACTION_NAMES.length};
${numbers}

/// @return actions every action, by its number
function listActions() pure returns (ActionSpec[] memory actions) {
    actions = new ActionSpec[](ACTION_COUNT);
${entries}
}
`;
}
