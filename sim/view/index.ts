// The page of a run, to be watched in a browser: the only door of this folder.

export { type ViewData, viewDataOf } from './data.ts';
export { pageText } from './page.ts';
