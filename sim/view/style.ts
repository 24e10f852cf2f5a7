// The look of the page of a run.

export const STYLE = `
:root { color-scheme: light dark; --line: #8886; --text: CanvasText; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; padding: 1rem 1.5rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1rem; }
header p { margin: .25rem 0 1rem; opacity: .8; }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(16rem, 1fr); gap: 1.5rem; }
canvas { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; margin-bottom: .75rem; }
.controls { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; }
.controls label:first-of-type { flex: 1; display: flex; gap: .5rem; align-items: center; }
#time { flex: 1; min-width: 8rem; }
select { max-width: 100%; }
button, select { font: inherit; padding: .25rem .75rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
dt { opacity: .8; }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
ol { padding-left: 0; list-style: none; font: 13px/1.5 ui-monospace, monospace; max-height: 24rem; overflow: auto; }
@media (max-width: 900px) { main { grid-template-columns: minmax(0, 1fr); } }
`;
