/**
 * What a source file may import and use, by the room that it lies in. The table and the lists here are the architecture;
 * `architecture.test.ts` holds every file to them. The compiler already refuses timers, process, console and fetch in
 * the pure rooms; it cannot refuse the clock, Math.random, or functions whose last bit differs between platforms.
 */
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

type Room = {
  /** Rooms it may import, besides itself. */
  readonly rooms: readonly string[];
  /** Rooms of which it may import types only. */
  readonly typesOf?: readonly string[];
  /** Packages it may import; absent: any, and Node's own modules. */
  readonly packages?: readonly string[];
  /** True: equal arguments give equal results on every machine, and nothing else happens. */
  readonly pure?: true;
};

const everything = [
  ...['sim/base', 'sim/protocol', 'sim/engine', 'sim/chain', 'sim/inference', 'sim/experiment', 'sim/store', 'sim/cli'],
  ...['agents', 'contracts', 'scenarios', 'reports', 'bench'],
];

export const rooms: Readonly<Record<string, Room>> = {
  'sim/base': { rooms: [], packages: ['seedrandom', '@noble/hashes'], pure: true },
  'sim/protocol': { rooms: ['sim/base'], packages: [], pure: true },
  'sim/engine': { rooms: ['sim/protocol', 'sim/base'], packages: [], pure: true },
  'sim/chain': { rooms: ['sim/engine', 'sim/protocol', 'sim/base', 'contracts'] },
  'sim/inference': { rooms: ['sim/base'], typesOf: ['sim/engine'] },
  'sim/experiment': { rooms: ['sim/engine', 'sim/store', 'sim/base'] },
  'sim/store': { rooms: ['sim/base'], typesOf: ['sim/engine'] },
  'sim/cli': { rooms: everything },
  agents: { rooms: ['sim/engine', 'sim/protocol', 'sim/base'], packages: [], pure: true },
  contracts: { rooms: [] },
  scenarios: { rooms: ['sim/protocol', 'sim/base'], typesOf: ['sim/engine'] },
  reports: {
    rooms: ['sim/base'],
    typesOf: ['sim/engine'],
    packages: ['vega', 'vega-lite', 'vega-interpreter'],
    pure: true,
  },
  bench: { rooms: everything },
};

/** Packages that one file of a room may import, although the room may not. */
const packagesOfFile: Readonly<Record<string, readonly string[]>> = {
  'agents/names.ts': ['@faker-js/faker'],
};

/** Folders of JSON tables that one file may import, bundled with it: no pure room reads files. */
const tablesOfFile: Readonly<Record<string, readonly string[]>> = {
  'sim/engine/hardwareTable.ts': ['fixtures/hardware'],
};

/** Files that are not pure although their room is: they start what is. */
const impureFiles: readonly string[] = ['agents/worker.ts'];

const bannedGlobals: Readonly<Record<string, string>> = {
  Date: 'the slot, or simulated seconds, from the arguments',
  performance: 'counters; real time is measured by bench and sim/cli',
  process: 'an argument',
  console: 'an event of the trace',
  setTimeout: 'the slots of the engine',
  setInterval: 'the slots of the engine',
  setImmediate: 'the slots of the engine',
  fetch: 'an effect returned as data, performed behind a port',
  crypto: 'sha256Hex of sim/base/hash.ts, or a keyed stream of sim/base/stream.ts',
  Buffer: 'Uint8Array',
  Intl: 'formatUnits of sim/base/units.ts, or plain text',
  WeakRef: 'an index into a column',
  FinalizationRegistry: 'an explicit release',
  globalThis: 'an argument',
  eval: 'a function',
  require: 'an import',
};

const bannedMath: Readonly<Record<string, string>> = {
  random: 'a keyed stream of sim/base/stream.ts, or rnd of sim/base/rnd.ts in rules',
  exp: 'exp of sim/base/elementary.ts',
  log: 'ln of sim/base/elementary.ts',
  pow: 'pow4 of sim/base/fixedPoint.ts, or repeated multiplication',
  sqrt: 'root2 of sim/base/fixedPoint.ts',
};

/** IEEE 754 and ECMAScript fix every bit of these. */
const exactMath = ['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'trunc'];
const mathConstants = ['E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2'];

const bannedMethods: Readonly<Record<string, string>> = {
  localeCompare: 'a comparison with <, which is the same everywhere',
  toLocaleString: 'String() or formatUnits of sim/base/units.ts',
  toLocaleLowerCase: 'toLowerCase',
  toLocaleUpperCase: 'toUpperCase',
};

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

/**
 * Checks one source file against the table and the ban lists. Tests are free.
 *
 * @param file  path from the root of the repository, with forward slashes
 * @returns one line for each violation, `file:line: what is wrong; what to do instead`
 */
export function checkSource(file: string, source: string): string[] {
  if (isTest(file)) return [];
  const place = checkPlace(file);
  const roomName = roomOf(file);
  const room = rooms[roomName];
  if (place !== undefined || room === undefined) return place === undefined ? [] : [place];

  const found: { readonly start: number; readonly text: string }[] = [];
  const report = (node: Node, text: string) => found.push({ start: node.start, text });
  const pure = room.pure === true && !impureFiles.includes(file);
  const ban = (node: Node, what: string, instead: string) => {
    if (pure) report(node, `banned ${what} in pure room ${roomName}; use ${instead}`);
  };

  const declared = new Set<string>();
  const mentions: Node[] = [];
  walk(parseAst(source, { lang: 'ts' }) as unknown as Node, (node) => {
    for (const name of namesDeclaredBy(node)) declared.add(name);
    const imported = importOf(node);
    if (imported !== undefined) {
      const text = checkImport(file, roomName, room, imported);
      if (text !== undefined) report(node, text);
      if (node.type === 'ImportExpression') ban(node, 'import()', 'an import at the top of the file');
    }
    if (node.type === 'Identifier') mentions.push(node);
    const member = memberOf(node);
    if (member?.object === 'Math') {
      const name = member.name;
      const allowed = [...exactMath, ...mathConstants, ...(roomName === 'sim/base' ? ['sqrt'] : [])];
      if (!allowed.includes(name)) ban(node, `Math.${name}`, bannedMath[name] ?? 'a table, or arithmetic in sim/base');
    } else if (member?.object === 'Promise' && (member.name === 'race' || member.name === 'any')) {
      ban(node, `Promise.${member.name}`, 'Promise.all, merged by index: who comes first differs between runs');
    } else if (member !== undefined && Object.hasOwn(bannedMethods, member.name)) {
      ban(node, `.${member.name}()`, bannedMethods[member.name] as string);
    }
    if (isPower(node))
      ban(node, 'the operator **', '1 << n, unitsPerToken of sim/base/units.ts, or repeated multiplication');
  });
  for (const node of mentions) {
    const name = node.name as string;
    if (declared.has(name)) continue;
    if (Object.hasOwn(bannedGlobals, name)) ban(node, name, bannedGlobals[name] as string);
    if (name === 'Math') ban(node, 'Math as a value', 'Math.name, so that the name can be checked');
  }
  found.sort((a, b) => a.start - b.start);
  return found.map(({ start, text }) => `${file}:${lineOf(source, start)}: ${text}`);
}

/** The places of a text (any file, tests too) that name a folder of one machine. */
export function checkMachinePaths(file: string, text: string): string[] {
  return [...text.matchAll(/(?<![\w.])\/(?:root|home)\//g)].map(
    (match) => `${file}:${lineOf(text, match.index)}: machine path ${match[0]}; use a path from the repository's root`,
  );
}

/** Two folders deep at most, and in a room that exists. */
function checkPlace(file: string): string | undefined {
  const folders = file.split('/').slice(0, -1);
  if (folders.length > 2) return `${file}:1: three folders deep; use at most two`;
  if (file === 'sim/architecture.ts') return undefined;
  const room = roomOf(file);
  return Object.hasOwn(rooms, room) ? undefined : `${file}:1: no room ${room}; use one of sim/architecture.ts`;
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function roomOf(file: string): string {
  const [first, second] = file.split('/');
  return first === 'sim' ? `${first}/${second}` : (first as string);
}

type Import = { readonly from: string; readonly typesOnly: boolean };

function checkImport(file: string, roomName: string, room: Room, { from, typesOnly }: Import): string | undefined {
  if (!from.startsWith('.')) {
    const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
    const packages = [...(room.packages ?? [name]), ...(packagesOfFile[file] ?? [])];
    if (typesOnly || packages.includes(name) || impureFiles.includes(file)) return undefined;
    return `banned import of ${from} in ${room.pure ? 'pure ' : ''}room ${roomName}; use what sim/base offers, or an effect performed behind a port`;
  }
  const target = posix.join(posix.dirname(file), from);
  if (target.endsWith('.json') && tablesOfFile[file]?.includes(posix.dirname(target))) return undefined;
  const targetRoom = roomOf(target);
  if (targetRoom === roomName) {
    const [own, other] = [posix.dirname(file), posix.dirname(target)];
    const strangers = roomName === 'agents' && own !== 'agents' && other !== 'agents' && own !== other;
    return strangers ? `${own} must not import ${other}; strategies know only agents/*.ts and the engine` : undefined;
  }
  if (room.rooms.includes(targetRoom) || (typesOnly && room.typesOf?.includes(targetRoom))) return undefined;
  if (room.typesOf?.includes(targetRoom))
    return `room ${roomName} may import types only of ${targetRoom}; use import type`;
  const allowed = [...room.rooms, ...(room.typesOf ?? []).map((name) => `types of ${name}`)].join(', ');
  return `room ${roomName} must not import ${targetRoom}; it may import ${allowed || 'nothing'}`;
}

function importOf(node: Node): Import | undefined {
  const declarations = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression'];
  const source = node.source as Node | null | undefined;
  if (!declarations.includes(node.type) || typeof source?.value !== 'string') return undefined;
  const specifiers = (node.specifiers ?? []) as readonly Node[];
  const isType = (part: Node) => part.importKind === 'type' || part.exportKind === 'type';
  return { from: source.value, typesOnly: isType(node) || (specifiers.length > 0 && specifiers.every(isType)) };
}

/** `object.name`, or `object['name']`, of a plain identifier; the object is '' if it is anything else. */
function memberOf(node: Node): { readonly object: string; readonly name: string } | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const [object, property] = [node.object as Node, node.property as Node];
  const name = node.computed === true ? property.value : property.name;
  if (typeof name !== 'string') return undefined;
  return { object: object.type === 'Identifier' ? (object.name as string) : '', name };
}

/** A power other than of two written numbers or of bigints, which are exact. */
function isPower(node: Node): boolean {
  if (node.operator !== '**' && node.operator !== '**=') return false;
  const [left, right] = [node.left as Node, node.right as Node];
  return !(left.type === 'Literal' && right.type === 'Literal') && typeof right.value !== 'bigint';
}

const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

function namesDeclaredBy(node: Node): string[] {
  if (functions.includes(node.type)) return [node.id, ...(node.params as Node[])].flatMap(namesInPattern);
  if (node.type === 'VariableDeclarator' || node.type === 'ClassDeclaration') return namesInPattern(node.id);
  if (node.type === 'CatchClause') return namesInPattern(node.param);
  return node.type.startsWith('Import') ? namesInPattern(node.local) : [];
}

/** Names that a pattern binds. Default values are not part of it: in `(now = Date.now())` Date is used, not declared. */
function namesInPattern(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesInPattern);
  if (typeof value !== 'object' || value === null) return [];
  const pattern = value as Node;
  if (pattern.type === 'Identifier') return [pattern.name as string];
  const inner = { AssignmentPattern: 'left', RestElement: 'argument', ArrayPattern: 'elements' };
  if (Object.hasOwn(inner, pattern.type)) return namesInPattern(pattern[inner[pattern.type as keyof typeof inner]]);
  if (pattern.type === 'ObjectPattern') return namesInPattern(pattern.properties);
  return pattern.type === 'Property' ? namesInPattern(pattern.value) : [];
}

/** Expressions around which types are written; every other node of TypeScript's own is a type, and vanishes. */
const typedExpressions = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSInstantiationExpression',
];

/** Visits what runs: no types, and of identifiers only those that stand for a variable, not the names of members. */
function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
    return;
  }
  if (typeof value !== 'object' || value === null || typeof (value as Node).type !== 'string') return;
  const node = value as Node;
  if (node.type.startsWith('TS') && !typedExpressions.includes(node.type)) return;
  visit(node);
  const [object, property] = [node.object as Node | undefined, node.property as Node | undefined];
  if (node.type === 'MemberExpression' && node.computed !== true) {
    // `Math.name` is judged by its name; any other use of Math is a mention.
    if (object?.type !== 'Identifier' || object.name !== 'Math' || property === undefined) walk(object, visit);
    return;
  }
  for (const [field, child] of Object.entries(node)) {
    const isName = (field === 'key' && node.computed !== true) || field === 'imported' || field === 'exported';
    if (!isName) walk(child, visit);
  }
}

function lineOf(text: string, start: number): number {
  return text.slice(0, start).split('\n').length;
}
