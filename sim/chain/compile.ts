/**
 * Compiles the contracts with the npm compiler, each source file by itself with what it imports, so that the code of a
 * contract depends on nothing but that. Settings come from contracts/foundry.toml. It does not decide what is stored
 * (`artifacts.ts`) or deployed (`deploy.ts`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';
import type { Abi, Hex } from 'viem';
import { openSolc } from '../../contracts/solc.mjs';
import { canonicalJson } from '../base/canonicalJson.ts';
import { sha256Hex } from '../base/hash.ts';
import { ChainError } from './chainError.ts';

/** A variable's place: `slot` counts words, `offset` bytes from a word's low end; `type` is a key of `types`. */
export type StorageField = {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
};

/** As solc gives it, without what changes when only other sources do. */
export type StorageLayout = {
  readonly storage: readonly StorageField[];
  readonly types: Readonly<
    Record<
      string,
      { readonly label: string; readonly numberOfBytes: string; readonly members?: readonly StorageField[] }
    >
  >;
};

export type Artifact = {
  readonly name: string;
  /** Source file, relative to contracts/. */
  readonly source: string;
  /** See `sourceHashOf`. */
  readonly sourceHash: string;
  readonly abi: Abi;
  readonly bytecode: Hex;
  /** Length of the code on the chain, at most 24,576. */
  readonly codeBytes: number;
  /** Signature of each external function to its selector, without 0x. */
  readonly methods: Readonly<Record<string, string>>;
  readonly storageLayout: StorageLayout;
};

/** One source file and everything it imports, by unit name; the file's own name is first. */
export type SourceUnit = { readonly file: string; readonly sources: ReadonlyMap<string, string> };

type Settings = Readonly<Record<string, unknown>>;

/**
 * The compiler settings of contracts/foundry.toml, as standard JSON has them.
 *
 * @throws ChainError COMPILE_FAILED naming a setting that is missing
 */
export function readSettings(root: string): Settings {
  const text = readFileSync(join(root, 'contracts', 'foundry.toml'), 'utf8');
  const value = (key: string) => {
    const line = new RegExp(`^${key} = (?:'(.*)'|(\\S+))$`, 'm').exec(text);
    if (line === null) throw new ChainError('COMPILE_FAILED', `contracts/foundry.toml has no line "${key} = …"`);
    return (line[1] ?? line[2]) as string;
  };
  return {
    evmVersion: value('evm_version'),
    optimizer: { enabled: value('optimizer') === 'true', runs: Number(value('optimizer_runs')) },
    viaIR: value('via_ir') === 'true',
    metadata: { bytecodeHash: value('bytecode_hash'), appendCBOR: value('cbor_metadata') === 'true' },
  };
}

/** Solidity sources directly in contracts/src, relative to contracts/, in alphabetical order. */
export function listSources(root: string): string[] {
  const names = readdirSync(join(root, 'contracts', 'src'));
  return names
    .filter((name) => name.endsWith('.sol'))
    .sort()
    .map((name) => `src/${name}`);
}

/**
 * A source file with all that it imports, directly or not.
 *
 * @param file  relative to contracts/
 * @throws ChainError COMPILE_FAILED if a file cannot be read
 */
export function readUnit(root: string, file: string): SourceUnit {
  const require = createRequire(join(root, 'package.json'));
  const sources = new Map<string, string>();
  const pending = [file];
  for (let unit = pending.pop(); unit !== undefined; unit = pending.pop()) {
    if (sources.has(unit)) continue;
    let text: string;
    try {
      text = readFileSync(unit.startsWith('@') ? require.resolve(unit) : join(root, 'contracts', unit), 'utf8');
    } catch (error) {
      throw new ChainError('COMPILE_FAILED', `Cannot compile ${file}: ${unit} cannot be read`, { cause: error });
    }
    sources.set(unit, text.replaceAll('\r\n', '\n'));
    for (const [, path] of stripComments(text).matchAll(/\bimport\b[^;"']*["']([^"']+)["']/g)) {
      const imported = path as string;
      pending.push(imported.startsWith('.') ? posix.join(posix.dirname(unit), imported) : imported);
    }
  }
  return { file, sources };
}

/** Names of the contracts that a file declares and that can be deployed: not interfaces, libraries, abstract ones. */
export function deployableIn(source: string): string[] {
  const text = stripComments(source).replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
  return [...text.matchAll(/(\babstract\s+)?\bcontract\s+([A-Za-z_$][\w$]*)[^;{]*\{/g)]
    .filter((match) => match[1] === undefined)
    .map((match) => match[2] as string);
}

/**
 * Solidity without comments, white space folded to single blanks; text in quotes stays as it is. Comments do not reach
 * the bytecode, so an edit of documentation must not make an artefact stale.
 */
export function stripComments(source: string): string {
  const quotedOrBlank = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/g;
  return source.replace(quotedOrBlank, (_, quoted: string | undefined) => quoted ?? ' ').trim();
}

/** SHA-256 over everything a contract's code depends on: its sources without comments, compiler version, settings. */
export function sourceHashOf(unit: SourceUnit, compilerVersion: string, settings: Settings): string {
  const sources = Object.fromEntries([...unit.sources].map(([name, text]) => [name, stripComments(text)]));
  return sha256Hex(canonicalJson({ compilerVersion, settings, sources }));
}

export type CompileOptions = {
  readonly root: string;
  /** Source files relative to contracts/; absent: all of contracts/src. */
  readonly files?: readonly string[];
  /** True: an input compiled before is answered from `.cache/solc`. */
  readonly cached?: boolean;
};

type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<
    string,
    Record<
      string,
      {
        readonly abi: Abi;
        readonly storageLayout: { readonly storage: unknown; readonly types: unknown };
        readonly evm: {
          readonly bytecode: { readonly object: string };
          readonly deployedBytecode: { readonly object: string };
          readonly methodIdentifiers: Record<string, string>;
        };
      }
    >
  >;
};

/**
 * The deployable contracts of the files, in the order of the files. What other files hold is not looked at.
 *
 * @throws ChainError COMPILE_FAILED with the compiler's messages
 * @cost 0.5 to 3 s a file, on this thread
 */
export function compileContracts(options: CompileOptions): Artifact[] {
  const { root } = options;
  const solc = openSolc(root);
  const settings = readSettings(root);
  return (options.files ?? listSources(root)).flatMap((file) => {
    const unit = readUnit(root, file);
    const names = deployableIn(unit.sources.get(file) as string);
    if (names.length === 0) return [];
    const input = JSON.stringify({
      language: 'Solidity',
      sources: Object.fromEntries([...unit.sources].map(([name, content]) => [name, { content }])),
      settings: { ...settings, outputSelection: { [file]: { '*': outputs } } },
    });
    const output = JSON.parse(options.cached ? solc.compileOnce(input) : solc.compile(input)) as Output;
    const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
    if (errors.length > 0) {
      const messages = errors.map((error) => error.formattedMessage).join('\n');
      throw new ChainError('COMPILE_FAILED', `Cannot compile contracts/${file}:\n${messages}`);
    }
    const sourceHash = sourceHashOf(unit, solc.version, settings);
    return names.map((name) => {
      const contract = output.contracts?.[file]?.[name];
      if (contract === undefined) throw new ChainError('COMPILE_FAILED', `contracts/${file} has no contract ${name}`);
      if (!/^([0-9a-f]{2})+$/.test(contract.evm.bytecode.object)) {
        throw new ChainError(
          'COMPILE_FAILED',
          `${name} has no code, or calls a library that would have to be deployed`,
        );
      }
      return {
        name,
        source: file,
        sourceHash,
        abi: contract.abi,
        bytecode: `0x${contract.evm.bytecode.object}` as const,
        codeBytes: contract.evm.deployedBytecode.object.length / 2,
        methods: contract.evm.methodIdentifiers,
        storageLayout: plainLayout(contract.storageLayout),
      };
    });
  });
}

/**
 * The layout without syntax-tree numbers, which an edited comment changes: `t_struct(S)42_storage` is `t_struct(S)_storage`.
 */
function plainLayout({ storage, types }: { readonly storage: unknown; readonly types: unknown }): StorageLayout {
  return { storage: withoutIds(storage), types: withoutIds(types ?? {}) } as StorageLayout;
}

function withoutIds(value: unknown): unknown {
  if (typeof value === 'string') return withoutId(value);
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'astId' && key !== 'contract')
      .map(([key, item]) => [withoutId(key), withoutIds(item)]),
  );
}

function withoutId(text: string): string {
  return text.replace(/\((\w+)\)\d+/g, '($1)');
}

const outputs = [
  'abi',
  'evm.bytecode.object',
  'evm.deployedBytecode.object',
  'evm.methodIdentifiers',
  'storageLayout',
] as const;
