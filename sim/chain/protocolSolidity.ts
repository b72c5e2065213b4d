/**
 * Writes `contracts/src/Protocol.sol` from the lists of `sim/protocol`: storage records, errors, events and numbers, so
 * that the two sides cannot name or pack a thing differently. A test holds the committed file equal to this text.
 */
import { EVENTS, MOVE } from '../protocol/events.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  BID_STATE,
  CHALLENGE_STATE,
  CLASS_COUNT,
  CLOSE_REASON,
  COMPLIANCE,
  DOLLAR_ASSET,
  FAULT,
  FIELDS,
  FIZZ_STATE,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  LEASE_STATE,
  LEASE_TERM,
  MAX_BIDS,
  MAX_TARGETS,
  MODEL_STATE,
  NODE_STATE,
  OPERATOR_SEATS,
  OPERATOR_STATE,
  ORDER_FLAG,
  ORDER_MODE,
  ORDER_STATE,
  PROPOSAL_KIND,
  PROVIDER_STATE,
  PROVIDER_TIERS,
  REQUEST_STATE,
  SEATS_PER_CLASS,
  SEATS_PER_WORD,
  SLARK_STATE,
  SLARK_TIERS,
  SLASHED_ERAS,
  STEP,
  SUBNET_STATE,
  TABLES_OF_CONTRACT,
  TASK_KIND,
  TASK_STATE,
  UPDATE_STATE,
  VALIDATOR_STATE,
  VERDICT,
} from '../protocol/layout.ts';
import { PARAMS } from '../protocol/params.ts';
import { REJECTIONS } from '../protocol/rejections.ts';

function constantName(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\./g, '_')
    .toUpperCase();
}

function constants(prefix: string, values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `uint64 constant ${prefix}_${constantName(name)} = ${value};`)
    .join('\n');
}

/** @returns the Solidity text, deterministic */
export function renderProtocolSolidity(): string {
  const structs = Object.entries(FIELDS)
    .filter(([, fields]) => fields.length > 1)
    .map(([table, fields]) => {
      const lines = fields.map((field, i) => `    uint64 ${field};${i % 4 === 0 ? ` // word ${i / 4}` : ''}`);
      return `struct ${table[0]!.toUpperCase()}${table.slice(1)}Record {\n${lines.join('\n')}\n}`;
    })
    .join('\n\n');
  const errors = REJECTIONS.slice(1)
    .map((name) => `error ${name}(uint64 have, uint64 need);`)
    .join('\n');
  const events = Object.entries(EVENTS)
    .map(([name, fields]) => `    event ${name}(${fields.map((field) => `uint64 ${field}`).join(', ')});`)
    .join('\n');
  const params = PARAMS.map((spec, number) => `uint256 constant P_${constantName(spec.key)} = ${number};`).join('\n');
  const families = Object.keys(TABLES_OF_CONTRACT)
    .map((name, number) => `uint256 constant FAMILY_${constantName(name)} = ${number};`)
    .join('\n');
  return `// SPDX-License-Identifier: Apache-2.0
// Written by sim/chain/protocolSolidity.ts from the lists in sim/protocol. Do not edit.
pragma solidity 0.8.37;

// Scales (NUM-2).
uint256 constant BPS = 10_000;
uint256 constant MIL = 1_000;
uint256 constant FP = 1_000_000_000;
uint256 constant MAX_INT = 9_007_199_254_740_991;
uint256 constant HOSTS_PER_MODEL = ${HOSTS_PER_MODEL};
uint256 constant RATINGS_PER_MODEL = 1_000;
uint256 constant TABLE_LENGTH = 2 ** 32;
uint64 constant PROVIDER_TIERS = ${PROVIDER_TIERS};
uint64 constant SLARK_TIERS = ${SLARK_TIERS};
uint64 constant CLASS_COUNT = ${CLASS_COUNT};
uint64 constant SEATS_PER_CLASS = ${SEATS_PER_CLASS};
uint64 constant MAX_TARGETS = ${MAX_TARGETS};
uint64 constant ASSET_COUNT = ${ASSET_COUNT};
uint64 constant DOLLAR_ASSET = ${DOLLAR_ASSET};
uint64 constant MAX_BIDS = ${MAX_BIDS};
uint64 constant OPERATOR_SEATS = ${OPERATOR_SEATS};
uint64 constant SEATS_PER_WORD = ${SEATS_PER_WORD};
uint64 constant SLASHED_ERAS = ${SLASHED_ERAS};

// Number of contracts of the protocol, and the place of each in the list given to every constructor.
uint256 constant FAMILY_COUNT = ${Object.keys(TABLES_OF_CONTRACT).length};
${families}

// Accounts of the protocol (TOK-5).
${constants('ACCOUNT', ACCOUNT)}

// Kinds of entities.
${constants('KIND', KIND)}

// States (section 5).
${constants('MODEL', MODEL_STATE)}
${constants('NODE', NODE_STATE)}
${constants('VALIDATOR', VALIDATOR_STATE)}
${constants('TASK', TASK_STATE)}
${constants('TASK_KIND', TASK_KIND)}
${constants('VERDICT', VERDICT)}
${constants('REQUEST', REQUEST_STATE)}
${constants('HOST', HOST_STATE)}
${constants('FAULT', FAULT)}
${constants('PROVIDER', PROVIDER_STATE)}
${constants('SLARK', SLARK_STATE)}
${constants('CHALLENGE', CHALLENGE_STATE)}
${constants('ORDER', ORDER_STATE)}
${constants('ORDER_MODE', ORDER_MODE)}
${constants('ORDER_FLAG', ORDER_FLAG)}
${constants('BID', BID_STATE)}
${constants('OPERATOR', OPERATOR_STATE)}
${constants('LEASE', LEASE_STATE)}
${constants('LEASE_TERM', LEASE_TERM)}
${constants('UPDATE', UPDATE_STATE)}
${constants('CLOSE', CLOSE_REASON)}
${constants('FIZZ', FIZZ_STATE)}
${constants('SUBNET', SUBNET_STATE)}
${constants('PROPOSAL', PROPOSAL_KIND)}

// Bits of a provider's compliance (ATTR-6).
${constants('COMPLIANCE', COMPLIANCE)}

// Settlement steps (TIME-4).
${constants('STEP', STEP)}
uint64 constant STEP_COUNT = ${Object.keys(STEP).length};

// Reasons of token moves.
${constants('MOVE', MOVE)}

// Numbers of the parameters.
${params}

// Storage records: every field a uint64, four to a word.
${structs}

// Rejections: what was found and what the rule wanted.
${errors}

/// @notice Events of the protocol, the same in every contract.
interface IProtocolEvents {
${events}
}
`;
}
