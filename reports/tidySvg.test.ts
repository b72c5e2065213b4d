/** What Vega draws, written shorter: nothing may get lost on the way. */
import { describe, expect, it } from 'vitest';
import { drawFigure } from './draw.ts';
import { makeSections } from './figures.ts';
import { readTables } from './reading.ts';
import { syntheticRun } from './syntheticRun.ts';
import { tidySvg } from './tidySvg.ts';

const tidy = (inside: string): string => tidySvg(`<g>${inside}</g>`, 'x').slice(3, -4);

describe('tidySvg', () => {
  it('rounds coordinates to a tenth of a pixel, and opacities less', () => {
    expect(tidy('<path d="M1.25,0.04L2.349,3" stroke="a" opacity="0.34567"/>')).toBe(
      '<path d="M1.3,0l1,3" stroke="a" opacity="0.346"/>',
    );
  });

  it('writes lines as steps that come out at the same points', () => {
    expect(tidy('<path d="M0,10L5,9.5L10,20Z" fill="a"/>')).toBe('<path d="M0,10l5-.5,5,10.5Z" fill="a"/>');
    expect(tidy('<path d="M0,1L2,3M9,9L8,8" stroke="a"/>')).toBe('<path d="M0,1l2,2M9,9l-1-1" stroke="a"/>');
    expect(tidy('<path d="M0,1C2,3,4,5,6,7" stroke="a"/>')).toBe('<path d="M0,1C2,3,4,5,6,7" stroke="a"/>');
  });

  it('puts bars of one look into one path, and leaves any other run as it is', () => {
    const bar = (x: number, rest: string): string => `<path d="M${x},0h4v9h-4Z"${rest}/>`;
    expect(tidy(bar(0, ' fill="a"') + bar(4, ' fill="b"') + bar(8, ' fill="a"'))).toBe(
      '<path d="M0,0h4v9h-4ZM8,0h4v9h-4Z" fill="a"/><path d="M4,0h4v9h-4Z" fill="b"/>',
    );
    const outlined = bar(0, ' fill="a" stroke="p"') + bar(4, ' fill="a" stroke="p"');
    expect(tidy(outlined)).toBe(outlined);
    const mixed = `${bar(0, ' fill="a"')}<path transform="translate(3,4)" d="M0,0h2v2h-2Z" fill="a"/>`;
    expect(tidy(mixed)).toBe(mixed);
  });

  it('puts ticks into one path, round symbols into circles, and says once what texts have in common', () => {
    expect(tidy('<line x2="0" y2="4" stroke="a"/><line transform="translate(30,2)" x2="0" y2="4" stroke="a"/>')).toBe(
      '<path d="M0,0v4M30,2v4" stroke="a"/>',
    );
    expect(
      tidy('<path transform="translate(7,8)" d="M2,0A2,2,0,1,1,-2,0A2,2,0,1,1,2,0" fill="a" stroke-width="2"/>'),
    ).toBe('<circle cx="7" cy="8" r="2" fill="a"/>');
    expect(tidy('<text fill="m" transform="translate(1,2)">a fill="m"</text><text fill="m">b</text>')).toBe(
      '<g fill="m"><text transform="translate(1,2)">a fill="m"</text><text>b</text></g>',
    );
  });

  it('drops grounds without a colour, but not what cuts a picture off', () => {
    expect(tidy('<clipPath id="c"><path d="M0,0h9v9h-9Z"/></clipPath><path d="M0,0h9v9h-9Z"/>')).toBe(
      '<clipPath id="svg-x-0"><path d="M0,0h9v9h-9Z"/></clipPath>',
    );
  });

  it('given a run > draws every line, point, bar and text that its rows call for', async () => {
    const figures = makeSections(readTables(syntheticRun({ eras: 12 }))).flatMap((section) => section.figures);
    const pictureOf = async (id: string): Promise<string> =>
      (await drawFigure(figures.find((figure) => figure.id === id)!)).svg;
    // Two lines with a point for each era in which the share is known.
    const shares = figures.find(({ id }) => id === 'errors')!.data.rows.filter((row) => row[2] !== null);
    expect([...(await pictureOf('errors')).matchAll(/<circle /g)]).toHaveLength(shares.length);
    expect(shares.length).toBeGreaterThan(15);
    const emission = figures.find(({ id }) => id === 'emission')!;
    const amount = emission.data.columns.findIndex(({ key }) => key === 'amount_tokens');
    const filled = emission.data.rows.filter((row) => (row[amount] as number) > 0).length;
    const bars = [...(await pictureOf('emission')).matchAll(/<g clip-path[^>]*>(.*?)<\/g>/g)].flatMap(([, inside]) => [
      ...inside!.matchAll(/h[\d.]+v(?!0h)[\d.]+h-/g),
    ]);
    expect(bars).toHaveLength(filled);
  });
});
