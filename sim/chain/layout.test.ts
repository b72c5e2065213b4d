/**
 * The core's lists against the compiled contracts: tables and storage, actions and functions, rejections and errors,
 * events. What is the same here cannot be named, packed or ordered differently there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Abi, type AbiParameter, toEventSelector, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import { ACTION_NAMES, ACTIONS, type ActionSpec } from '../protocol/actions.ts';
import { EVENT_NAMES, EVENTS } from '../protocol/events.ts';
import { type ContractName, FIELDS, STRIDE, TABLES_OF_CONTRACT, type TableName } from '../protocol/layout.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { loadArtifact } from './artifacts.ts';
import type { Artifact } from './compile.ts';
import { repoRoot } from './repoRoot.ts';

const root = repoRoot();
const CONTRACTS = Object.keys(TABLES_OF_CONTRACT) as ContractName[];
const artifacts = new Map<string, Artifact>(
  [...CONTRACTS, 'BatchRelay', 'AgentWallet'].map((name) => [name, loadArtifact(root, name)]),
);

function artifactOf(name: string): Artifact {
  return artifacts.get(name)!;
}

type AbiItem = Abi[number] & { readonly name?: string; readonly inputs?: readonly AbiParameter[] };

function itemsOf(contract: string, type: string): AbiItem[] {
  return (artifactOf(contract).abi as readonly AbiItem[]).filter((item) => item.type === type);
}

function signatureOf(item: AbiItem): string {
  return `${item.name}(${item.inputs!.map((input) => `${input.type} ${input.name}`).join(', ')})`;
}

/** Text of all files of a folder whose names end in one way but not in another. */
function sourcesIn(folder: string, ending: string, without: string): string {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending) && !name.endsWith(without))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .join('\n');
}

function namesMatching(text: string, pattern: RegExp): string[] {
  const names = new Set([...text.matchAll(pattern)].map((match) => match[1]!));
  return REJECTIONS.filter((name) => names.has(name));
}

const rejections = REJECTIONS.slice(1);

/** Rejections that a contract keeps for later as a selector, and then gives with the values that go with it. */
const bySelector = namesMatching(sourcesIn('contracts/src', '.sol', 'Protocol.sol'), /\b(\w+)\.selector\b/g);

/** Rejections that no contract can give, and why they are in the list all the same. */
const UNUSED_REJECTIONS: Readonly<Record<string, string>> = {
  TaskAlreadyOpen:
    'a subject remembers its open task and refuses with TaskPending or WrongState before a second is asked for',
};

describe('REJECTIONS', () => {
  it.each(rejections)('%s > is an error (have, need) of a contract, with its own selector', (name) => {
    const found = CONTRACTS.flatMap((contract) => itemsOf(contract, 'error').filter((item) => item.name === name));
    if (name in UNUSED_REJECTIONS) {
      expect(found).toEqual([]);
      return;
    }
    // An error that is given by its selector alone is not in the contract's interface.
    if (!bySelector.includes(name)) expect(found.length).toBeGreaterThan(0);
    for (const item of found) expect(signatureOf(item)).toBe(`${name}(uint64 have, uint64 need)`);
  });

  it('have different selectors, none of them 0 or the relay’s "no reason"', () => {
    const selectors = rejections.map((name) => toFunctionSelector(`function ${name}(uint64,uint64)`));
    expect(new Set([...selectors, '0x00000000', '0xffffffff']).size).toBe(rejections.length + 2);
  });

  it('are given by the core and by the contracts alike', () => {
    const core = namesMatching(sourcesIn('sim/protocol', '.ts', '.test.ts'), /\bR\.(\w+)/g);
    const chain = namesMatching(sourcesIn('contracts/src', '.sol', 'Protocol.sol'), /\brevert (\w+)\(/g);
    expect(REJECTIONS.filter((name) => chain.includes(name) || bySelector.includes(name))).toEqual(core);
    expect(core).toEqual(rejections.filter((name) => !(name in UNUSED_REJECTIONS)));
  });
});

/** Lists whose name in the contract differs. */
const OTHER_LIST_NAMES: Readonly<Record<string, string>> = {
  // `nodes` is a table there.
  postRanking: 'list',
};

describe('ACTIONS', () => {
  it.each(ACTION_NAMES)('%s > is a function of its contract with the same arguments', (name) => {
    const spec: ActionSpec = ACTIONS[name];
    const args = [
      ...spec.args.map((arg) => `uint64 ${arg}`),
      ...(spec.bulk === undefined ? [] : [`uint64[] ${OTHER_LIST_NAMES[name] ?? spec.bulk}`]),
    ];
    const [item, ...overloads] = itemsOf(spec.contract, 'function').filter((candidate) => candidate.name === name);
    expect(overloads).toEqual([]);
    expect(signatureOf(item!)).toBe(`${name}(${args.join(', ')})`);
    expect(item).toMatchObject({ stateMutability: 'nonpayable', outputs: [] });
  });

  it('and calls between contracts, and those named here, are all that changes a contract', () => {
    const others: Readonly<Record<string, string>> = {
      'Token.approve': 'ERC-20',
      'Token.transfer': 'ERC-20',
      'Token.transferFrom': 'ERC-20',
      'Token.openAccounts': 'genesis, until it is sealed',
      'Token.seal': 'genesis',
      'EntityNft.safeTransferFrom': 'ERC-1155, always refused',
      'EntityNft.safeBatchTransferFrom': 'ERC-1155, always refused',
      'EntityNft.setApprovalForAll': 'ERC-1155',
      'SlarkLicence.approve': 'ERC-721; approvals are of no use, since transfers are refused',
      'SlarkLicence.setApprovalForAll': 'ERC-721; as above',
      'SlarkLicence.safeTransferFrom': 'ERC-721, always refused',
      'SlarkLicence.transferFrom': 'ERC-721, always refused',
    };
    const interfaces = readFileSync(join(root, 'contracts/src/Interfaces.sol'), 'utf8');
    const betweenContracts = (contract: string, name: string): boolean => {
      const body = interfaces.split(`interface I${contract} {`)[1]?.split('\n}')[0] ?? '';
      return new RegExp(`function ${name}\\([^)]*\\) external(?! view)`).test(body);
    };
    const strangers = CONTRACTS.flatMap((contract) =>
      itemsOf(contract, 'function')
        .filter((item) => 'stateMutability' in item && !['view', 'pure'].includes(item.stateMutability))
        .map((item) => item.name!)
        .filter((name) => (ACTIONS as Readonly<Record<string, ActionSpec>>)[name]?.contract !== contract)
        .filter((name) => !betweenContracts(contract, name))
        .map((name) => `${contract}.${name}`),
    );
    expect([...new Set(strangers)].sort()).toEqual(Object.keys(others).sort());
  });
});

describe('EVENTS', () => {
  it.each(EVENT_NAMES)('%s > is an event of every family with the same arguments, none indexed', (name) => {
    const expected = `${name}(${EVENTS[name].map((field) => `uint64 ${field}`).join(', ')})`;
    for (const contract of CONTRACTS.filter((candidate) => candidate !== 'Params')) {
      const [item] = itemsOf(contract, 'event').filter((candidate) => candidate.name === name);
      expect(signatureOf(item!), contract).toBe(expected);
      expect(
        item!.inputs!.some((input) => 'indexed' in input && input.indexed === true),
        contract,
      ).toBe(false);
    }
  });

  it('have different topics', () => {
    const topics = EVENT_NAMES.map((name) =>
      toEventSelector(`event ${name}(${EVENTS[name].map(() => 'uint64').join(',')})`),
    );
    expect(new Set(topics).size).toBe(EVENT_NAMES.length);
  });
});

/** Storage that is no table, and why it is there. */
const OTHER_STORAGE: Readonly<Record<string, string>> = {
  'Token._balances': 'OpenZeppelin’s ERC20; unused, wallets are the balances',
  'Token._allowances': 'OpenZeppelin’s ERC20: allowances, which no action uses',
  'Token._totalSupply': 'OpenZeppelin’s ERC20; unused, tokenTotals has the supply',
  'Token._name': 'OpenZeppelin’s ERC20: never changes',
  'Token._symbol': 'OpenZeppelin’s ERC20: never changes',
  'Token.accounts': 'address book: account of an address, written at genesis',
  'Token.holders': 'address book: address of an account, written at genesis',
  'Token.registrar': 'who may open accounts: nobody after genesis',
  'EntityNft._balances': 'OpenZeppelin’s ERC1155: says of an address what the holder tables say of an account',
  'EntityNft._operatorApprovals': 'OpenZeppelin’s ERC1155: approvals, which no action uses',
  'EntityNft._uri': 'OpenZeppelin’s ERC1155: never changes',
  'SlarkLicence._name': 'OpenZeppelin’s ERC721: never changes',
  'SlarkLicence._symbol': 'OpenZeppelin’s ERC721: never changes',
  'SlarkLicence._owners': 'OpenZeppelin’s ERC721: says of an address what licenceHolders says of an account',
  'SlarkLicence._balances': 'OpenZeppelin’s ERC721: how many of them an address has',
  'SlarkLicence._tokenApprovals': 'OpenZeppelin’s ERC721: approvals, which no action uses',
  'SlarkLicence._operatorApprovals': 'OpenZeppelin’s ERC721: approvals, which no action uses',
  'SlarkLicence.keys':
    'public keys of licences, of which the ledger keeps identifiers; the core has them outside its tables',
  'Slarks.foundationLicences': 'licences with isFoundation = 1, in ascending order, so that no pass over all is needed',
  'BatchRelay.targets': 'addresses of the families, which the relay calls by number',
};

const tables = CONTRACTS.flatMap((contract) =>
  (TABLES_OF_CONTRACT[contract] as readonly TableName[]).map((table) => ({ contract, table })),
);

describe('TABLES_OF_CONTRACT', () => {
  it('names every table of the core once', () => {
    expect(tables.map(({ table }) => table).sort()).toEqual(Object.keys(FIELDS).sort());
  });

  it('and the storage named here is all the storage that there is', () => {
    const variables = [...artifacts.keys()].flatMap((contract) =>
      artifactOf(contract).storageLayout.storage.map(({ label }) => `${contract}.${label}`),
    );
    const known = [...tables.map(({ contract, table }) => `${contract}.${table}`), ...Object.keys(OTHER_STORAGE)];
    expect(variables.sort()).toEqual(known.sort());
  });

  it.each(tables)(
    '$contract stores $table > from a word’s first byte on, with the fields in order, four to a word',
    ({ contract, table }) => {
      const { storage, types } = artifactOf(contract).storageLayout;
      const variable = storage.find(({ label }) => label === table)!;
      expect(variable.offset).toBe(0);
      const fields: readonly string[] = FIELDS[table];
      const isTotals = table.endsWith('Totals');
      const struct = `struct ${table[0]!.toUpperCase()}${table.slice(1)}Record`;
      const record = fields.length === 1 ? 'uint64' : struct;
      const { label, numberOfBytes } = types[variable.type]!;
      expect(label).toBe(isTotals ? record : `${record}[4294967296]`);
      expect(BigInt(numberOfBytes)).toBe(BigInt(STRIDE[table]) * 8n * (isTotals ? 1n : 2n ** 32n));
      if (fields.length === 1) return;
      const { members } = Object.values(types).find((type) => type.label === struct)!;
      const place = fields.map((field, i) => ({
        label: field,
        slot: String(Math.floor(i / 4)),
        offset: (i % 4) * 8,
        type: 't_uint64',
      }));
      expect(members!.map(({ label: name, slot, offset, type }) => ({ label: name, slot, offset, type }))).toEqual(
        place,
      );
    },
  );
});
