// The page of a run.

export { type ViewData, viewDataOf } from './data.ts';
export { pageText } from './page.ts';
