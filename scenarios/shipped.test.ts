import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../agents/catalogue.ts';
import { ledgerParams } from '../sim/protocol/params.ts';
import { formatIssues, loadScenario, presetNames } from './load.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const trace = [join(folder, 'traces'), join(folder, '../../shared/data/azure_llm_2023')]
  .map((place) => join(place, 'AzureLLMInferenceTrace_conv.csv'))
  .find((path) => existsSync(path));
const files = [...readdirSync(folder), ...presetNames().map((name) => `presets/${name}.yaml`)].filter((file) =>
  file.endsWith('.yaml'),
);

function loadShipped(file: string, text?: string): ReturnType<typeof loadScenario> {
  const base = join(folder, file, '..');
  return loadScenario({
    text: text ?? readFileSync(join(folder, file), 'utf8'),
    file,
    read: (path) => {
      const found = path.startsWith('traces/') ? trace : join(base, path);
      return found !== undefined && existsSync(found) ? readFileSync(found, 'utf8') : null;
    },
    catalogue: CATALOGUE,
  });
}

describe('every scenario that ships', () => {
  const loadable = files.filter((file) => file !== 'azure-demand.yaml');
  function check(file: string): void {
    const result = loadShipped(file);
    expect(formatIssues(result.ok ? result.warnings : result.issues, false)).toBe('');
    if (result.ok) expect(() => ledgerParams(result.scenario.params as Record<string, number>)).not.toThrow();
  }
  it.each(loadable)('%s > loads without a warning, into parameters that the ledger takes', check);
  it.each(loadable)('%s > written out in full is the same scenario again', (file) => {
    const first = loadShipped(file);
    if (!first.ok) throw new Error(formatIssues(first.issues, false));
    const second = loadShipped(file, first.resolvedYaml);
    expect(second.ok ? second.hash : formatIssues(second.issues, false)).toBe(first.hash);
  });
  it.skipIf(trace === undefined)('azure-demand.yaml > does so too (skipped where the recorded trace is absent)', () =>
    check('azure-demand.yaml'),
  );
  it('azure-demand.yaml > without its trace says where the trace belongs', () => {
    const result = loadScenario({
      text: readFileSync(join(folder, 'azure-demand.yaml'), 'utf8'),
      file: 'azure-demand.yaml',
      read: () => null,
      catalogue: CATALOGUE,
    });
    expect(result.ok ? [] : result.issues.map((issue) => issue.code)).toEqual(['E208']);
  });
});

describe('presets', () => {
  it('are a base for a scenario of two lines', () => {
    for (const name of presetNames()) {
      const result = loadScenario({
        text: `extends: preset:${name}\nname: mine\n`,
        file: 'mine.yaml',
        read: () => null,
        catalogue: CATALOGUE,
      });
      expect(result.ok ? result.scenario.name : formatIssues(result.issues, false)).toBe('mine');
    }
  });
});
