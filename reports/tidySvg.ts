/**
 * Writes Vega's still pictures shorter, so that a page of many of them stays small. What is seen does not change but for the
 * rounding of coordinates: alike marks side by side become one path, and what all texts of an axis have in common is said once.
 */

/** Coordinates to a tenth of a pixel. */
const round = (digits: string): string => String(Math.round(Number(digits) * 10) / 10);
const roundOpacity = (_: string, digits: string): string => `opacity="${Math.round(Number(digits) * 1_000) / 1_000}"`;

/** Attributes with the value that they would have without them, and names of parts that nobody asks for in a still picture. */
const NEEDLESS =
  / (?:opacity="1"|stroke-width="1"|font-weight="normal"|font-size="11px"|transform="translate\(0,0\)"|class="(?:mark-[^"]*|background)")/g;

/** Numbers of a path: a minus sign separates as well as a comma does, and a nought before the point says nothing. */
function numbersOf(values: readonly number[]): string {
  return values
    .map((value) => String(Math.round(value * 10) / 10).replace(/^(-?)0\./, '$1.'))
    .reduce((text, digits) => (text === '' || digits.startsWith('-') ? text + digits : `${text},${digits}`), '');
}

/** A path of straight lines, each point as its distance from the one before; any other path as it is. */
function inSteps(path: string): string {
  if (!/^(?:M[-\d.]+,[-\d.]+(?:L[-\d.]+,[-\d.]+)+Z?)+$/.test(path)) return path;
  return path.replace(/M([^MZ]+)/g, (_, points: string) => {
    const [first, ...others] = points.split('L').map((point) => point.split(',').map(Number) as [number, number]);
    let [x, y] = first!;
    const steps = others.flatMap(([toX, toY]) => {
      const step = [toX - x, toY - y];
      [x, y] = [toX, toY];
      return step;
    });
    return `M${numbersOf(first!)}l${numbersOf(steps)}`;
  });
}

/** A round symbol as a circle; any other mark as it is. */
function asCircle(tag: string): string {
  return tag.replace(
    /^<path transform="translate\(([-\d.]+),([-\d.]+)\)" d="M([\d.]+),0A\3,\3,0,1,1,-\3,0A\3,\3,0,1,1,\3,0"/,
    '<circle cx="$1" cy="$2" r="$3"',
  );
}

/** What is said of an outline that is not drawn. */
const withoutOutline = (tag: string): string =>
  tag.startsWith('<g') || tag.includes(' stroke="') ? tag : tag.replace(/ stroke-[a-z]+="[^"]*"/g, '');

/** Filled bars side by side, one path for each look. They do not overlap, so that their order does not matter. */
function mergedBars(run: string): string {
  const paths = new Map<string, string>();
  for (const [tag] of run.matchAll(/<path [^>]*\/>/g)) {
    const [, path, look] = /^<path d="(M[-\d.,]+h[-\d.]+v[-\d.]+h[-\d.]+Z)"( fill="[^"]*")\/>$/.exec(tag) ?? [];
    if (path === undefined || look === undefined) return run;
    paths.set(look, (paths.get(look) ?? '') + path);
  }
  return [...paths].map(([look, path]) => `<path d="${path}"${look}/>`).join('');
}

/** Ticks or grid lines of an axis as one path. */
function mergedLines(run: string): string {
  const looks = new Set<string>();
  let path = '';
  for (const [, attributes] of run.matchAll(/<line([^>]*)\/>/g)) {
    const [, x = '0', y = '0'] = / transform="translate\(([-\d.]+),([-\d.]+)\)"/.exec(attributes!) ?? [];
    const [dx, dy] = ['x2', 'y2'].map((name) =>
      Number(new RegExp(` ${name}="([-\\d.]+)"`).exec(attributes!)?.[1] ?? 0),
    );
    path += `M${x},${y}${dx === 0 ? `v${dy}` : dy === 0 ? `h${dx}` : `l${dx},${dy}`}`;
    looks.add(attributes!.replace(/ (?:transform|x2|y2)="[^"]*"/g, ''));
  }
  const [look] = looks;
  return looks.size === 1 && !/transform/.test(look!) ? `<path d="${path}"${look}/>` : run;
}

/** Texts in a group that carries what they have in common. */
function groupedTexts(run: string): string {
  const tags = [...run.matchAll(/<text ([^>]*)>/g)].map(([, attributes]) => attributes!);
  const common = (tags[0]!.match(/[a-z-]+="[^"]*"/g) ?? []).filter(
    (attribute) => !attribute.startsWith('transform=') && tags.every((tag) => ` ${tag} `.includes(` ${attribute} `)),
  );
  if (common.length === 0) return run;
  const bare = run.replace(/<text [^>]*>/g, (tag) =>
    common.reduce((text, attribute) => text.replace(` ${attribute}`, ''), tag),
  );
  return `<g ${common.join(' ')}>${bare}</g>`;
}

/** The picture with identifiers numbered from 0 that carry the figure's name. */
export function tidySvg(svg: string, id: string): string {
  const names = new Map<string, string>();
  const nameOf = (old: string): string => {
    if (!names.has(old)) names.set(old, `svg-${id}-${names.size}`);
    return names.get(old)!;
  };
  // The picture is described as a whole by its figure, its type set by the style sheet; marks need to say nothing.
  const tidyTag = (tag: string): string =>
    tag
      .replace(/ (?:font-family|xmlns:xlink|version|role|pointer-events|aria-[a-z]+)="[^"]*"/g, '')
      .replace(NEEDLESS, '')
      .replace(/ id="([^"]*)"/g, (_, old: string) => ` id="${nameOf(old)}"`)
      .replace(/url\(#([^)]*)\)/g, (_, old: string) => `url(#${nameOf(old)})`)
      .replace(/(?<!opacity=")-?\d+\.\d{2,}(?:e-?\d+)?/g, round)
      .replace(/opacity="([^"]*)"/g, roundOpacity)
      .replace(/(?<= d=")[^"]*/, inSteps);
  return (
    svg
      .replace(/<path [^>]*\bd="" [^>]*display="none"\/>/g, '')
      .replace(/<[^>]+>/g, (tag) => withoutOutline(asCircle(tidyTag(tag))))
      // Nothing is filled that does not say so: a ground without a colour is not seen.
      .replace(/(<clipPath[^>]*>.*?<\/clipPath>)|<path d="[^"]*"\/>/g, (_, clip?: string) => clip ?? '')
      .replace(/(?:<path [^>]*\/>){2,}/g, mergedBars)
      .replace(/(?:<line [^>]*\/>){2,}/g, mergedLines)
      .replace(/(?:<text [^>]*>[^<]*<\/text>){2,}/g, groupedTexts)
      .replace('<svg ', '<svg aria-hidden="true" focusable="false" font-size="11px" ')
  );
}
