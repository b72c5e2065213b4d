/** The page's style sheet: one column for reading, two for charts where there is room, light and dark, and paper. */
import { COLOURS } from './theme.ts';

const variables = (which: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, values]) => `${name}:${values[which]}`)
    .join(';');

export const STYLE = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:4rem}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,.head>div,footer{max-width:74rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.head{background:var(--paper);border-bottom:1px solid var(--line);padding:2.2rem 0 1.6rem}
.eyebrow{margin:0;color:var(--muted);font-size:.82rem;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.15rem 0 .1rem;font-size:2.1rem;line-height:1.2;overflow-wrap:anywhere}
.facts{margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;color:var(--muted);font-size:.92rem}
.lead{margin:1.1rem 0 0;font-size:1.22rem;line-height:1.45;max-width:56rem}
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--line)}
nav ul{max-width:74rem;margin:0 auto;padding:.55rem 1.25rem;display:flex;gap:.3rem 1.3rem;flex-wrap:wrap;list-style:none;font-size:.9rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.verdicts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:.8rem;margin:1.5rem 0 0;padding:0;list-style:none}
.verdicts>li{background:var(--paper);border:1px solid var(--line);border-top:4px solid var(--muted);border-radius:6px;padding:.75rem .9rem .85rem}
.verdicts>.good{border-top-color:var(--good)}
.verdicts>.bad{border-top-color:var(--bad)}
.verdicts h3{margin:0;font-size:.85rem;font-weight:600;color:var(--muted)}
.verdicts p{margin:.2rem 0 0;font-weight:600;line-height:1.35}
.verdicts ul{margin:.5rem 0 0;padding:0;list-style:none;font-size:.85rem;line-height:1.4;overflow-wrap:anywhere}
.verdicts ul li+li{margin-top:.3rem}
.sign{font-weight:700;margin-right:.35em}
.good>.sign,.good>p>.sign{color:var(--good)}
.bad>.sign,.bad>p>.sign{color:var(--bad)}
.none>.sign,.none>p>.sign{color:var(--muted)}
section{margin:2.6rem 0 0}
h2{font-size:1.4rem;margin:0 0 .8rem;line-height:1.25}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem}
figure,.card{margin:0;background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:1rem 1.1rem .9rem;min-width:0}
figure{display:flex;flex-direction:column}
figure .plot{margin-bottom:auto}
figure.full{grid-column:1/-1}
figcaption h3{margin:0;font-size:1.06rem;line-height:1.35;overflow-wrap:anywhere}
figcaption p{margin:.3rem 0 .7rem;color:var(--muted);font-size:.89rem;line-height:1.45;overflow-wrap:anywhere}
.anchor{color:var(--muted);text-decoration:none;font-weight:400;padding:0 .25em}
.plot{position:relative;touch-action:pan-y}
.plot svg{display:block;max-width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (max-width:44rem){nav{position:static}.full .plot{overflow-x:auto}.full .plot svg{max-width:none;width:46rem}}
.cursor{position:absolute;width:1px;background:var(--muted);pointer-events:none}
.spoken{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.tip{position:fixed;z-index:3;max-width:22rem;pointer-events:none;background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:5px;box-shadow:0 3px 14px rgb(0 0 0/.18);padding:.4rem .6rem;font-size:.8rem;line-height:1.4}
.tip dl{margin:.1rem 0 0;display:grid;grid-template-columns:auto auto;gap:0 .9rem}
.tip dt{color:var(--muted);overflow-wrap:anywhere}
.tip dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
.foot{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem;margin:.5rem 0 0;color:var(--muted);font-size:.78rem}
.foot p{margin:0 auto 0 0}
.tools{display:flex;gap:.35rem}
button{font:inherit;font-size:.78rem;color:var(--accent);background:none;border:1px solid var(--line);border-radius:4px;padding:.12rem .5rem;cursor:pointer}
button:hover{border-color:var(--accent)}
[hidden]{display:none!important}
details{margin:.6rem 0 0;font-size:.88rem}
summary{cursor:pointer;color:var(--accent)}
.scroll{overflow-x:auto;margin:.5rem 0 0}
table{border-collapse:collapse;font-size:.85rem;line-height:1.35;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding:0 0 .35rem}
th,td{padding:.22rem .7rem .22rem 0;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
th{font-weight:600;color:var(--muted)}
thead th{vertical-align:bottom}
thead th.n{min-width:4.4rem}
td.n,th.n{text-align:right;padding-left:.7rem}
tbody th{color:var(--ink);font-weight:400;overflow-wrap:break-word;max-width:20rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem;align-items:start}
.columns+.card,.columns+.columns,.figures+.columns{margin-top:1rem}
.card h3{margin:0 0 .5rem;font-size:1.02rem}
.card p{margin:0 0 .6rem}
dl.pairs{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.2rem 1rem;margin:0;font-size:.9rem}
dl.pairs dt{color:var(--muted)}
dl.pairs dd{margin:0;overflow-wrap:anywhere}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:.5rem 0 0;padding:.8rem 1rem;background:var(--page);border:1px solid var(--line);border-radius:5px;overflow:auto;max-height:32rem}
.command{display:block;padding:.6rem .8rem;background:var(--page);border:1px solid var(--line);border-radius:5px;overflow-wrap:anywhere}
mark{background:var(--mark);color:inherit}
.missing{color:var(--muted);font-size:.88rem}
footer{margin-top:3rem;padding-top:1.2rem;padding-bottom:2rem;color:var(--muted);font-size:.85rem}
@media print{
:root{${variables(0)}}
@page{margin:14mm}
html{font-size:11.5px}
body{background:#fff}
.scroll{overflow:visible}
figcaption p{margin-bottom:.3rem}
figure,.card{padding:.6rem .7rem}
section{margin-top:1.4rem}
nav,.tools,.anchor,.tip,.cursor{display:none!important}
figure{display:block}
.figures{display:block}
.figures>*{margin-bottom:.5rem}
.figures>:not(.full){display:inline-block;vertical-align:top;width:49%;margin-right:1%}
main,.head>div,footer{max-width:none;padding:0}
.head{padding:0 0 .8rem}
.lead{font-size:1.1rem;margin-top:.5rem}
figure,.card,.verdicts>li{break-inside:avoid}
.columns{grid-template-columns:1fr 1fr;gap:.6rem}
.verdicts{gap:.5rem;margin-top:.8rem}
.verdicts>li{padding:.4rem .6rem}
.card{break-inside:auto}
h2{break-after:avoid}
pre{max-height:none;white-space:pre-wrap}
details:not([open]){display:none}
}
`;
