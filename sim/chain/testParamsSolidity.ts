/**
 * Writes what the contracts' own tests need to know of the lists in `sim/protocol`: the default parameters, where each
 * table lies in storage, and every action. Tests hold the committed files equal to these texts. It tests nothing itself.
 */
import { ACTION_NAMES, ACTIONS, type ActionSpec } from '../protocol/actions.ts';
import { type ContractName, FIELDS, STEP, STRIDE, TABLES_OF_CONTRACT, type TableName } from '../protocol/layout.ts';
import { ledgerParams, PARAMS } from '../protocol/params.ts';
import { REJECTIONS } from '../protocol/rejections.ts';

const CONTRACTS = Object.keys(TABLES_OF_CONTRACT) as ContractName[];

/** Storage words that a contract's token standard takes before its first table (OpenZeppelin's ERC20, ERC1155 and ERC721). */
const STANDARD_WORDS: Partial<Record<ContractName, bigint>> = { Token: 5n, EntityNft: 3n, SlarkLicence: 6n };
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
    }

    function ${table}To(uint256 last) internal view returns (uint64[] memory) {
        return _lanes(${family}, ${slot}, last + 1);
    }`;
  }
  const words = STRIDE[table] / FIELDS_PER_WORD;
  if (isTotals(table)) {
    return `    function ${table}() internal view returns (${recordType(table)} memory record) {
        uint256 fields = _fields(${family}, ${slot}, ${words});
        assembly ("memory-safe") {
            record := fields
        }
    }`;
  }
  return `    function ${table}At(uint256 id) internal view returns (${recordType(table)} memory record) {
        uint256 fields = _fields(${family}, ${slot} + id * ${words}, ${words});
        assembly ("memory-safe") {
            record := fields
        }
    }

    function ${table}To(uint256 last) internal view returns (${recordType(table)}[] memory records) {
        uint256 list = _records(${family}, ${slot}, ${words}, last + 1);
        assembly ("memory-safe") {
            records := list
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
/// @notice Reads every table of the ledger from raw storage, so that tests see what is stored and not what is answered: one
/// record (\`…At\`), or all up to one in a single call (\`…To\`, numbered from 0).
abstract contract Tables {
    /// @notice Addresses of all contracts, in the order of the FAMILY_ constants.
    address[FAMILY_COUNT] internal families;

${readers}

    /// @dev Entry \`id\` of a table with one field, four to a word.
    function _lane(address source, uint256 slot, uint256 id) private view returns (uint64) {
        return _lanes(source, slot + id / 4, 4)[id % 4];
    }

    /// @return list the first \`count\` entries of a table with one field
    function _lanes(address source, uint256 slot, uint256 count) private view returns (uint64[] memory list) {
        uint256 words = (count + 3) / 4;
        uint256 start = _fields(source, slot, words);
        assembly ("memory-safe") {
            // The word before the fields is the length of what they were unpacked into.
            list := sub(start, 32)
            mstore(list, count)
        }
    }

    /// @return list memory of an array of structs: its length, where each starts, and their fields
    function _records(address source, uint256 slot, uint256 words, uint256 count) private view returns (uint256 list) {
        uint256[] memory starts = new uint256[](count);
        uint256 start = _fields(source, slot, words * count);
        for (uint256 i; i < count; ++i) {
            starts[i] = start + 128 * words * i;
        }
        assembly ("memory-safe") {
            list := starts
        }
    }

    /// @return start memory of structs of uint64s, unpacked from \`words\` storage words
    function _fields(address source, uint256 slot, uint256 words) private view returns (uint256 start) {
        bytes memory packed = Extsload(source).extsload(slot, words);
        uint256[] memory fields = new uint256[](4 * words);
        assembly ("memory-safe") {
            start := add(fields, 32)
            let to := start
            let from := add(packed, 32)
            for { let end := add(from, mul(32, words)) } lt(from, end) { from := add(from, 32) } {
                let word := mload(from)
                mstore(to, and(word, 0xffffffffffffffff))
                mstore(add(to, 32), and(shr(64, word), 0xffffffffffffffff))
                mstore(add(to, 64), and(shr(128, word), 0xffffffffffffffff))
                mstore(add(to, 96), shr(192, word))
                to := add(to, 128)
            }
        }
    }
}
`;
}

/** @returns the text of contracts/test/Actions.sol, deterministic */
export function renderActions(): string {
  const numbers = ACTION_NAMES.map((name, number) => `uint256 constant A_${constantName(name)} = ${number};`).join(
    '\n',
  );
  const entries = ACTION_NAMES.map((name, number) => {
    const spec: ActionSpec = ACTIONS[name];
    const types = [...spec.args.map(() => 'uint64'), ...(spec.bulk === undefined ? [] : ['uint64[]'])];
    const fields = [
      `"${name}(${types.join(',')})"`,
      `FAMILY_${constantName(spec.contract)}`,
      spec.args.length,
      spec.bulk !== undefined,
      spec.keeper === true,
      name in STEP,
    ];
    return `    actions[${number}] = ActionSpec(${fields.join(', ')});`;
  }).join('\n');
  const steps = Object.entries(STEP)
    .map(([name, step]) => `    actions[${step}] = A_${constantName(name)};`)
    .join('\n');
  const used = CONTRACTS.filter((contract) => ACTION_NAMES.some((name) => ACTIONS[name].contract === contract));
  const errors = REJECTIONS.slice(1);
  const imports = [...used.map((contract) => `FAMILY_${constantName(contract)}`), ...errors].sort();
  const conditions = errors.map((name) => `selector == ${name}.selector`).join('\n        || ');
  return `${HEADER}
import {
${imports.map((name) => `    ${name}`).join(',\n')}
} from "../src/Protocol.sol";

/// @notice An action that an account may send: its signature, the contract that takes it, the number of its uint64
/// arguments, whether a list follows them, whether only the keeper may send it, and whether it is a step of the settlement.
struct ActionSpec {
    string signature;
    uint256 family;
    uint256 argCount;
    bool hasList;
    bool isKeepers;
    bool isStep;
}

uint256 constant ACTION_COUNT = ${ACTION_NAMES.length};
${numbers}

/// @return actions every action, by its number
function listActions() pure returns (ActionSpec[] memory actions) {
    actions = new ActionSpec[](ACTION_COUNT);
${entries}
}

/// @return actions the action of each settlement step, from step 1 on
function actionsOfSteps() pure returns (uint256[] memory actions) {
    actions = new uint256[](${Object.keys(STEP).length + 1});
${steps}
}

/// @return true if an error with this selector is a rejection of the protocol
function isRejection(bytes4 selector) pure returns (bool) {
    return ${conditions};
}
`;
}
