import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../agents/catalogue.ts';
import { UsageError } from './exitCodes.ts';
import { findStrategies, renderStrategies, strategiesCommand } from './strategiesCommand.ts';
import { outputOf } from './testOutput.ts';

describe('powr strategies', () => {
  it('lists every strategy with behaviour, intent and summary, and every option with unit, default and range', () => {
    const text = renderStrategies(findStrategies(undefined), false);
    for (const { name, behaviour, intent, summary, options } of CATALOGUE) {
      expect(text).toContain(`${name}  ${intent}, ${behaviour}: ${summary}`);
      for (const [option, spec] of Object.entries(options)) {
        const line = text.split('\n').find((one) => one.startsWith(`    ${option} `) && one.includes(spec.note));
        expect(line, `${name}.${option}`).toContain(` ${spec.unit} `);
        expect(line).toContain(spec.unit === 'choice' ? spec.options.join(' | ') : '…');
      }
    }
  });

  it('given a role > only its strategies', () => {
    expect(new Set(findStrategies('validator').map(({ role }) => role))).toEqual(new Set(['validator']));
    expect(renderStrategies(findStrategies('validator'), false)).not.toContain('BEH-40');
  });

  it('given no role of ours > refuses and names the nearest', () => {
    expect(() => findStrategies('validater')).toThrow(UsageError);
    expect(() => findStrategies('validater')).toThrow('did you mean "validator"?');
    expect(() => findStrategies('xxxxxxxxxx')).toThrow('Roles: creator, miner');
  });

  it('given --json > the catalogue', async () => {
    const { code, stdout } = await outputOf(() => strategiesCommand('miner', { json: true }));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(CATALOGUE.filter(({ role }) => role === 'miner'));
  });
});
