import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployableIn, listSources, readSettings, readUnit, sourceHashOf, stripComments } from './compile.ts';
import { repoRoot } from './repoRoot.ts';

describe('stripComments', () => {
  it.each([
    ['a; // to the end\nb;', 'a; b;'],
    ['a;   \n\n\t b;', 'a; b;'],
    ['/* one */ a; /** two\n * lines */ b;', 'a; b;'],
    ['string x = "// not a comment";', 'string x = "// not a comment";'],
    ["string x = '/* nor */  this';", "string x = '/* nor */  this';"],
    ['string x = "a \\" // b"; // c', 'string x = "a \\" // b";'],
    ["// it's a comment\na;", 'a;'],
  ])('%j > %j', (source, stripped) => {
    expect(stripComments(source)).toBe(stripped);
  });
});

describe('deployableIn', () => {
  it('names contracts, and neither interfaces, libraries nor abstract ones', () => {
    const source = `
      interface IThing { } library Lib { }
      abstract contract Half { }
      // contract Commented { }
      contract Whole is Half { string s = "contract Quoted {"; }
      contract  Second
      { }`;
    expect(deployableIn(source)).toEqual(['Whole', 'Second']);
  });
});

describe('given a repository with two contracts', () => {
  let root: string;
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'powrlab-compile-'));
    write('package.json', '{"name":"powrlab"}');
    write('contracts/src/A.sol', 'import {B} from "./lib/B.sol";\ncontract A is B { uint x = 1; }');
    write('contracts/src/lib/B.sol', 'import "../C.sol"; contract B {}');
    write('contracts/src/C.sol', "import * as A from './A.sol'; contract C {}");
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const hash = (version = '0.8.37', settings: object = { viaIR: false }) =>
    sourceHashOf(readUnit(root, 'src/A.sol'), version, settings as never);

  it('readUnit follows imports, also circular ones, and names each file once', () => {
    expect([...readUnit(root, 'src/A.sol').sources.keys()]).toEqual(['src/A.sol', 'src/lib/B.sol', 'src/C.sol']);
    expect(listSources(root)).toEqual(['src/A.sol', 'src/C.sol']);
  });

  it('readUnit names the file that cannot be read', () => {
    write('contracts/src/A.sol', 'import "./Gone.sol";');
    expect(() => readUnit(root, 'src/A.sol')).toThrow('Cannot compile src/A.sol: src/Gone.sol cannot be read');
  });

  it('sourceHashOf is changed by code, also imported code, by compiler and settings, and not by comments', () => {
    const before = hash();
    write(
      'contracts/src/A.sol',
      '/// About A.\r\nimport {B} from "./lib/B.sol";\r\n  contract A is B { uint x = 1; } // end',
    );
    expect(hash()).toBe(before);
    expect(hash('0.8.38')).not.toBe(before);
    expect(hash('0.8.37', { viaIR: true })).not.toBe(before);
    write('contracts/src/lib/B.sol', 'import "../C.sol"; contract B { uint y; }');
    expect(hash()).not.toBe(before);
  });
});

describe('readSettings', () => {
  it('reads every setting that decides the bytecode', () => {
    expect(readSettings(repoRoot())).toEqual({
      evmVersion: expect.stringMatching(/^[a-z]+$/),
      optimizer: { enabled: true, runs: expect.any(Number) },
      viaIR: expect.any(Boolean),
      metadata: { bytecodeHash: 'none', appendCBOR: false },
    });
  });
});
