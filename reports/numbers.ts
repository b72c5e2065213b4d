/** Numbers for people, the same on every machine: no locale. */

/** Groups of three digits, separated by commas: '12,345,678'. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** @example formatCount(1234567) // '1,234,567' */
export function formatCount(x: number): string {
  const [whole, fraction] = String(Math.abs(x)).split('.') as [string, string?];
  if (whole.includes('e')) return String(x);
  return `${x < 0 ? '−' : ''}${grouped(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** Three significant digits, no exponent from 0.000001 on: '12,300', '4.57', '0.0312', '0'. */
export function formatNumber(x: number): string {
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size < 0.001) return `${x < 0 ? '−' : ''}${Number(size.toPrecision(2))}`;
  if (size >= 1_000) return formatCount(Math.round(x));
  const rounded = size.toPrecision(3);
  const text = rounded.includes('e')
    ? formatCount(Math.round(size))
    : rounded.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return x < 0 ? `−${text}` : text;
}

/**
 * A share of 1 in per cent: '12.3 %', '0.04 %', '100 %', with a space that does not break. Only a share of exactly 1
 * or 0 is written as 100 or 0.
 */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  const digits = size >= 10 ? 1 : 2;
  let text = String(Number(size.toFixed(digits)));
  if (size !== 0 && text === '0') text = '< 0.01';
  else if (size < 100 && text === '100') text = '> 99.9';
  return `${percent < 0 ? '−' : ''}${text}\u202f%`;
}

/** 'honest miners and validators': a list as English writes it. */
export function formatList(items: readonly string[]): string {
  return items.length <= 1 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]!}`;
}

/** '1 task', '2,000 tasks'. */
export function formatQuantity(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Real time: '1.2 s', '3 min 4 s', '2 h 5 min'. */
export function formatWallMs(wallMs: number): string {
  if (wallMs < 60_000) return `${formatNumber(Math.round(wallMs / 100) / 10)} s`;
  const s = Math.round(wallMs / 1_000);
  return s < 3_600
    ? `${Math.floor(s / 60)} min ${s % 60} s`
    : `${Math.floor(s / 3_600)} h ${Math.round((s % 3_600) / 60)} min`;
}
