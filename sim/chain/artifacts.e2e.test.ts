/** The committed artefacts against the compiler, and the compiler's two ways in: standard JSON, and forge. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactText, buildArtifacts, checkArtifacts, loadArtifact, writeArtifacts } from './artifacts.ts';
import { compileContracts, readSettings } from './compile.ts';
import { repoRoot } from './repoRoot.ts';

const minutes = 60_000;

describe('contracts/artifacts', () => {
  it('has an up-to-date file for every contract, and no other', () => {
    expect(checkArtifacts(repoRoot())).toEqual([]);
  });

  it(
    'is what the sources compile to, to the byte',
    () => {
      for (const artifact of compileContracts({ root: repoRoot(), cached: false })) {
        expect(artifactText(artifact), artifact.name).toBe(artifactText(loadArtifact(repoRoot(), artifact.name)));
        expect(artifact.codeBytes, `${artifact.name} fits the limit of EIP-170`).toBeLessThanOrEqual(24_576);
      }
    },
    10 * minutes,
  );

  it('says which contract has no artefact, and what to do', () => {
    expect(() => loadArtifact(repoRoot(), 'Nothing')).toThrow(
      'Contract Nothing has no artefact in contracts/artifacts\nFix: run `powr contracts build`.',
    );
  });
});

describe('given a repository with one contract', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'powrlab-artifacts-'));
    mkdirSync(join(root, 'contracts/src'), { recursive: true });
    cpSync(join(repoRoot(), 'package.json'), join(root, 'package.json'));
    cpSync(join(repoRoot(), 'contracts/foundry.toml'), join(root, 'contracts/foundry.toml'));
    symlinkSync(join(repoRoot(), 'node_modules'), join(root, 'node_modules'));
    contract('One', 'uint64 public a; uint64 b; mapping(uint => uint) c;');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function contract(name: string, body: string): void {
    const text = `// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\ncontract ${name} { ${body} }`;
    writeFileSync(join(root, 'contracts/src', `${name}.sol`), text);
  }

  it('builds what is missing or stale, removes orphans, and then has nothing to do', () => {
    expect(checkArtifacts(root)).toEqual([{ name: 'One', problem: 'missing' }]);
    expect(buildArtifacts(root)).toEqual({ written: ['One'], removed: [] });
    expect(buildArtifacts(root)).toEqual({ written: [], removed: [] });
    const { storageLayout, methods } = loadArtifact(root, 'One');
    expect(methods).toEqual({ 'a()': '0dbe671f' });
    expect(storageLayout.storage).toEqual([
      { label: 'a', slot: '0', offset: 0, type: 't_uint64' },
      { label: 'b', slot: '0', offset: 8, type: 't_uint64' },
      { label: 'c', slot: '1', offset: 0, type: 't_mapping(t_uint256,t_uint256)' },
    ]);

    contract('One', 'uint64 public a; uint64 b; mapping(uint => uint) c; /* only said */');
    expect(checkArtifacts(root)).toEqual([]);
    contract('One', 'uint64 public z;');
    contract('Two', '');
    writeArtifacts(root, [{ ...loadArtifact(root, 'One'), name: 'Gone' }]);
    expect(checkArtifacts(root)).toEqual([
      { name: 'Gone', problem: 'orphan' },
      { name: 'One', problem: 'stale' },
      { name: 'Two', problem: 'missing' },
    ]);
    expect(buildArtifacts(root)).toEqual({ written: ['One', 'Two'], removed: ['Gone'] });
    expect(checkArtifacts(root)).toEqual([]);
  });

  it('gives the same code whatever else the repository holds, and whatever the comments say', () => {
    const alone = compileContracts({ root, files: ['src/One.sol'] });
    contract('Broken', 'this is not Solidity');
    contract('One', '/** At the */ uint64 public a; // start.\n uint64 b; mapping(uint => uint) c;');
    expect(compileContracts({ root, files: ['src/One.sol'] })).toEqual(alone);
    expect(() => compileContracts({ root })).toThrow(
      /^Cannot compile contracts\/src\/Broken.sol:\nParserError: .*\n *--> src/,
    );
  });

  it('refuses a contract that would need a library on the chain', () => {
    const library = 'library Far { function f() public {} }\n';
    const text = `// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n${library}contract One { function g() external { Far.f(); } }`;
    writeFileSync(join(root, 'contracts/src/One.sol'), text);
    expect(() => compileContracts({ root })).toThrow(/One has no code, or calls a library/);
  });

  it('is compiled by forge to the same code', () => {
    buildArtifacts(root);
    execFileSync(process.execPath, [
      join(repoRoot(), 'contracts/forge.mjs'),
      'build',
      '--root',
      join(root, 'contracts'),
    ]);
    const forged = JSON.parse(readFileSync(join(root, 'contracts/out/One.sol/One.json'), 'utf8'));
    expect(forged.bytecode.object).toBe(loadArtifact(root, 'One').bytecode);
  });
});

describe('contracts/forge.mjs', () => {
  const forge = join(repoRoot(), 'contracts/forge.mjs');

  it('runs forge with the settings that the artefacts are compiled with', () => {
    const config = JSON.parse(execFileSync(process.execPath, [forge, 'config', '--json'], { encoding: 'utf8' }));
    expect(readSettings(repoRoot())).toEqual({
      evmVersion: config.evm_version,
      optimizer: { enabled: config.optimizer, runs: config.optimizer_runs },
      viaIR: config.via_ir,
      metadata: { bytecodeHash: config.bytecode_hash, appendCBOR: config.cbor_metadata },
    });
  });

  it('makes fuzz and invariant runs long when the profile says so', () => {
    const runs = (profile: string) => {
      const env = { ...process.env, FOUNDRY_PROFILE: profile };
      const config = JSON.parse(execFileSync(process.execPath, [forge, 'config', '--json'], { encoding: 'utf8', env }));
      return [config.fuzz.runs, config.invariant.runs, config.invariant.depth];
    };
    expect(runs('default')).toEqual([64, 16, 64]);
    expect(runs('long')).toEqual([10_000, 2_048, 500]);
  });

  it('passes on forge’s exit code', () => {
    expect(spawnSync(process.execPath, [forge, 'no-such-command']).status).toBe(2);
  });

  it('given a FORGE variable that names nothing > ends with 6 and says what was tried', () => {
    const env = { ...process.env, FORGE: '/nowhere/forge' };
    const { status, stderr } = spawnSync(process.execPath, [forge, 'build'], { env, encoding: 'utf8' });
    expect(status).toBe(6);
    expect(stderr).toMatch(
      /^error FORGE_MISSING: forge was not found\n {2}FORGE variable: \/nowhere\/forge does not run/,
    );
  });
});

describe('contracts/solcShim.mjs', () => {
  const shim = join(repoRoot(), 'contracts/solcShim.mjs');

  it('answers --version and --standard-json as the native compiler does, and nothing else', () => {
    const run = (args: string[], input = '') =>
      spawnSync(process.execPath, [shim, ...args], { input, encoding: 'utf8' });
    expect(run(['--version']).stdout).toMatch(/^solc, .*\nVersion: 0\.8\.37\+commit\.[0-9a-f]{8}/);
    const sources = { 'A.sol': { content: 'pragma solidity ^0.8.0; contract A {}' } };
    const settings = { outputSelection: { '*': { '*': ['abi'] } } };
    const input = JSON.stringify({ language: 'Solidity', sources, settings });
    const [first, second] = [0, 1].map(() => run(['--allow-paths', '.', '--standard-json'], input).stdout);
    expect(JSON.parse(first as string).contracts['A.sol'].A).toEqual({ abi: [] });
    expect(second).toBe(first);
    expect(run(['--bin', 'A.sol']).status).toBe(2);
  });
});
